// The kinds of activity on the big screen: one file and one line here each. A kind's phone view is in its
// folder of web/kinds/, its editor in the studio's, its rules in server/src/domain/kinds/.

import { ScreenChoice } from './screen-choice.js'
import { ScreenWords } from './screen-words.js'

/**
 * What a view shows.
 * @typedef {object} Moment
 * @property {import('../wire.js').StagedActivity} activity
 * @property {import('../wire.js').Results} [results] where they are visible
 * @property {number} answered how many have answered
 * @property {number} [answeredHere] how many of those who are here, where it is known
 * @property {number} here how many are here now
 */
/**
 * @typedef {object} ScreenView
 * @property {(moment: Moment) => void} update
 * @property {(by: number) => boolean} [turn] shows the next page of what does not fit on one, or the one before; false where there is none
 * @property {() => void} fit makes it fit the room that it has; called at the start and when the window changes
 */

/** @type {Record<string, new (body: HTMLElement, activity: import('../wire.js').StagedActivity) => ScreenView>} */
export const screenViews = { choice: ScreenChoice, words: ScreenWords }
