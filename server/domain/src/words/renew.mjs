// Makes the word lists beside it anew: see README.md.
//     node renew.mjs <folder of the unpacked package cuss> <folder of the unpacked package naughty-words>
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [cussFolder, naughtyFolder] = process.argv.slice(2)

// module: the file of cuss. roots: what else is taken of what cuss is sure of, for what it holds. also: words of
// either package that nobody means well. honest: what is not taken:
// words that people ask honest questions with, in this language or in another of an audience.
const languages = {
  en: {
    module: 'index',
    roots: ['bullshit', 'dickhead', 'dipshit', 'dumbass', 'fuk', 'horseshit', 'jackass', 'nigg', 'retarded', 'shithead', 'shitt', 'shite', 'wigger'],
    also: ['bitch', 'bitches', 'cocksucker', 'shit', 'shits'],
    honest: ['beaner', 'beaners', 'carpetmuncher', 'coondog', 'cum', 'darkie', 'darkies', 'dingleberry', 'hooker', 'hookers', 'negro', 'negroes',
      'negroid', 'negros', 'niggard', 'niggarded', 'niggarding', 'niggardliness', 'niggardlinesss', 'niggards', 'niggle', 'niggled', 'niggles',
      'niggling', 'nigglings', 'quim', 'slutting', 'smut', 'spick', 'spicks', 'spunk', 'spunky', 'twink', 'twinkie', 'whorehouse'],
  },
  fr: {
    module: 'fr',
    roots: ['bougnou', 'connerie', 'couill', 'ducon', 'encul', 'fdp', 'niquer', 'salop', 'tafiol', 'tantouz', 'tarlouz', 'trouduc', 'youpin'],
    also: ['branleuse', 'enculée', 'enculeurs', 'enfoirée', 'pouffiasse', 'sac à foutre'],
    honest: ['bordel', 'con', 'cul', 'engueuler', 'foutre', 'gueule', 'gueuler', 'pédale', 'ramoner', 'teuch', 'teucha', 'troncher', 'oh hisse, enculé',
      'casser la gueule', 'mettre sur la gueule', 'se casser la gueule', 'péter à la gueule', 'raccrocher à la gueule', 'tout de la gueule',
      'foutre en l’air', 'foutre le camp', 'foutre la paix', 's’archifoutre', 'se foutre de', 'foutre sur la gueule'],
  },
  es: {
    module: 'es',
    roots: ['cabron', 'gilipoll', 'hijo de', 'jod', 'maricon', 'mierda', 'polla', 'puta'],
    also: [],
    honest: ['haciendo el amor', 'heroína', 'idiota', 'imbecil', 'imbeciles', 'imbécil', 'maldito', 'pedo', 'pedorro', 'pervertido', 'pezón', 'pinche', 'pis',
      'prostituta', 'ramera', 'semen', 'sexo', 'sexo oral', 'sádico', 'tetas grandes', 'travesti', 'trio', 'verga', 'vulva', 'cenutrio'],
  },
  it: {
    module: 'it',
    roots: [],
    also: [],
    honest: ['anale', 'belino', 'battona', 'bordello', 'cesso', 'fica', 'figa', 'guardone', 'goldone', 'incazzo', 'loffa', 'mona', 'monata', 'monate', 'mussa', 'palloso', 'pecorina', 'pippa', 'pippone',
      'picio', 'piscio', 'potta', 'puppami', 'soccia', 'sorca', 'sticchio', 'sveltina', 'tette', 'troia', 'zinne'],
  },
  pt: {
    module: 'pt',
    roots: ['arrombad', 'buceta', 'fod', 'fud', 'merda', 'puta', 'viad'],
    also: [],
    honest: ['bicha', 'biscate', 'corno', 'cu', 'foda', 'prostituta', 'xana'],
  },
}

const fold = word => word.toLowerCase().normalize('NFKD').replace(/[\u0300-\u036f]/g, '')
const holds = (phrase, word) => ` ${fold(phrase).replace(/[^\p{L}\p{N}]+/gu, ' ')} `.includes(` ${fold(word)} `)

for (const [language, { module, roots, also, honest }] of Object.entries(languages)) {
  const { cuss } = await import(join(cussFolder, `${module}.js`))
  const naughty = JSON.parse(readFileSync(join(naughtyFolder, `${language}.json`), 'utf8'))
  const others = new Set(naughty.map(fold))
  const sure = Object.keys(cuss).filter(word => cuss[word] === 2)
  const agreed = sure.map(fold).filter(word => others.has(word))
  const stems = [...agreed.filter(word => word.length >= 4), ...roots]
  const isTaken = word => agreed.includes(fold(word)) || stems.some(stem => fold(word).includes(stem))
  const unknown = also.filter(word => !(word in cuss) && !naughty.includes(word))
  if (unknown.length > 0) throw new Error(`${language}: neither package has ${unknown}`)
  const taken = new Map([...sure.filter(isTaken), ...also].filter(word => !honest.includes(word)).map(word => [fold(word), word]))
  // What holds another word of the list is found by that one, and so is its plural.
  const words = [...taken.keys()].filter(word => !/[^\p{L}\p{N}]/u.test(word))
  const list = [...taken].filter(([key]) => !words.some(word => word !== key && (holds(key, word) || `${word}s` === key))).map(([, word]) => word)
  const lines = list.map(word => word.toLowerCase().replaceAll('’', "'")).sort()
  writeFileSync(join(import.meta.dirname, `${language}.txt`), `${lines.join('\n')}\n`)
  console.log(`${language}: ${lines.length}`)
}
