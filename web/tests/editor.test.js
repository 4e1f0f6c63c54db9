// Writing a poll: what is wrong is said at once and gone to, what has the focus is in view, lists can be pasted, and what was
// left empty on the way is no obstacle.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { becomes, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

const t = await wordsOf('en')

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {import('playwright-core').Page} */
let page
let api = ''

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  page = await (await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en', reducedMotion: 'reduce' })).newPage()
  await setUp(page, server.setup)
  const made = await page.request.post(`${server.address}/api/v1/events`, { headers: { Origin: server.address }, data: { name: 'Annual meeting', code: 'TULIP' } })
  const { id } = await made.json()
  api = `${server.address}/api/v1/events/${id}`
  await page.goto(`${server.address}/studio/events/${id}`)
  await page.getByRole('button', { name: t('studio.kind.choice') }).click()
  await page.locator('#title:focus').waitFor()
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const texts = () => page.locator('.editor .options input').evaluateAll(fields => fields.map(field => /** @type {HTMLInputElement} */ (field).value))
const save = () => page.getByRole('button', { name: t('studio.dialog.save'), exact: true }).click()
/** @returns {Promise<string[]>} */
const stored = async () => {
  const { activities } = await (await page.request.get(api)).json()
  return activities[activities.length - 1].settings.options.map((/** @type {{text: string}} */ option) => option.text)
}

/**
 * Pastes into what is found by this selector.
 * @param {string} selector
 * @param {string} text
 */
const paste = (selector, text) => page.locator(selector).first().evaluate((field, text) => {
  /** @type {HTMLElement} */ (field).focus()
  const clipboardData = new DataTransfer()
  clipboardData.setData('text/plain', text)
  return field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
}, text)

/** How what has the focus is called, and whether every corner of it can be seen. */
const focused = () => page.evaluate(() => {
  const element = /** @type {HTMLElement} */ (document.activeElement)
  const { left, right, top, bottom } = element.getBoundingClientRect()
  const corners = [[left + 4, top + 4], [right - 4, top + 4], [left + 4, bottom - 4], [right - 4, bottom - 4]]
  const part = element.closest('label') ?? element
  const seen = corners.every(([x = 0, y = 0]) => {
    const hit = document.elementFromPoint(x, y)
    return hit !== null && (part.contains(hit) || hit.contains(part))
  })
  return { name: element.id || element.getAttribute('aria-label') || element.textContent?.trim() || element.localName, seen, inside: element.closest('.editor') !== null }
})

describe('the editor of a poll', () => {
  it('says all that is missing at once, and goes to the first of it', async () => {
    await page.mouse.wheel(0, 2000)
    await save()
    await page.getByText(t('problem.empty.title')).waitFor()
    await becomes(() => page.getByText(t('problem.empty.option')).count(), 2)
    await page.locator('#title:focus').waitFor()
    assert.deepEqual(await focused(), { name: 'title', seen: true, inside: true })
    await page.keyboard.type('What to drink?')
    await page.getByText(t('problem.empty.title')).waitFor({ state: 'detached' })
    await becomes(() => page.getByText(t('problem.empty.option')).count(), 2, 'what is still missing is still said')
  })

  it('takes a pasted list as options, without its bullets and as many as there may be', async () => {
    assert.equal(await paste('#option-1', '• Tea\r\n• Coffee\r\n• Water\r\n'), false)
    assert.deepEqual(await texts(), ['Tea', 'Coffee', 'Water'])
    await page.locator('#option-3:focus').waitFor()
    assert.equal(await paste('#option-2', 'one line'), true, 'the browser pastes that as usual')
    await paste('#option-2', Array.from({ length: 21 }, (_, n) => `${n + 1}. Drink ${n + 1}`).join('\n'))
    const all = await texts()
    assert.equal(all.length, 20)
    assert.deepEqual([all[0], all[1], all[18], all[19]], ['Tea', 'CoffeeDrink 1', 'Drink 18', 'Water'])
    await page.locator('.toast', { hasText: t('studio.choice.cut', { n: 3, max: 20 }) }).waitFor()
    await page.locator('.toast .cross').click()
  })

  for (const [width, height, name] of /** @type {const} */ ([[1280, 720, 'a small laptop'], [640, 360, 'the same at 200 %']])) {
    it(`has what is focused in view on ${name}`, async () => {
      await page.setViewportSize({ width, height })
      await page.locator('#title').focus()
      const walked = []
      for (let step = 0; step < 100; step++) {
        await page.keyboard.press('Tab')
        const at = await focused()
        if (!at.inside) break
        walked.push(at)
      }
      assert.ok(walked.length > 60, `${walked.length} places`)
      assert.deepEqual(walked.filter(({ seen }) => !seen), [])
      for (let step = 0; step < walked.length; step++) {
        await page.keyboard.press('Shift+Tab')
        const at = await focused()
        assert.ok(at.seen, `${at.name}, on the way back, step ${step}`)
      }
    })
  }

  it('goes to options that are alike', async () => {
    await page.setViewportSize({ width: 1280, height: 720 })
    await page.locator('#option-1').fill('WATER')
    await save()
    await page.getByText(t('problem.alike', { first: 'WATER', value: 'Water' })).waitFor()
    await page.locator('#option-1:focus').waitFor()
    assert.ok((await focused()).seen)
    await page.locator('#option-1').fill('Tea')
  })

  it('stores without the empty options at the end', async () => {
    for (let left = 20; left > 3; left--) await page.getByRole('button', { name: t('studio.choice.remove', { letter: 'C' }) }).click()
    await page.locator('.editor .options input').last().fill('Water')
    await page.locator('.editor .options input').last().focus()
    for (let step = 0; step < 3; step++) await page.keyboard.press('Enter')
    assert.equal((await texts()).length, 6)
    await save()
    await page.locator('.editor').waitFor({ state: 'detached' })
    assert.deepEqual(await stored(), ['Tea', 'CoffeeDrink 1', 'Water'])
  })

  it('refuses what is empty between others, and goes there', async () => {
    await page.getByRole('button', { name: t('studio.rundown.edit') }).first().click()
    await page.locator('#option-2').fill(' \u200b')
    await save()
    await page.getByText(t('problem.empty.option')).waitFor()
    await page.locator('#option-2:focus').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').getByRole('button', { name: t('studio.discard.confirm') }).click()
  })
})

describe('other lists', () => {
  it('take pasted lines as labels, and words without what marks them', async () => {
    await page.getByRole('button', { name: t('moderation.settings.title') }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: t('moderation.labels.add') }).click()
    await page.locator('.label-name:focus').waitFor()
    await paste('.label-name', '1) Travel\n2) Money\n3) Food')
    await dialog.getByRole('button', { name: t('moderation.labels.add') }).click()
    const names = () => page.locator('.label-name').evaluateAll(fields => fields.map(field => /** @type {HTMLInputElement} */ (field).value))
    assert.deepEqual(await names(), ['Travel', 'Money', 'Food', ''])
    await dialog.getByLabel(t('moderation.settings.filter_on')).check()
    await dialog.getByLabel(t('moderation.settings.own_words')).fill('- heck\n- darn, blast')
    await dialog.getByRole('button', { name: t('studio.dialog.save') }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: t('moderation.settings.title') }).first().click()
    assert.deepEqual(await names(), ['Travel', 'Money', 'Food'])
    await becomes(() => dialog.getByLabel(t('moderation.settings.own_words')).inputValue(), 'heck\ndarn\nblast')
  })
})
