// What the big screen and the views of the kinds say to each other.

import type { Results, StagedActivity } from './wire.js'

/** What a view shows. */
export type Moment = {
  activity: StagedActivity
  /** Where they are visible. */
  results?: Results
  /** How many have answered. */
  answered: number
  /** How many of those who are here, where it is known. */
  answeredHere?: number
  /** How many are here now. */
  here: number
}

/** An activity of some kind on the big screen; what the module `screen.js` of a kind exports as `View`. */
export interface ScreenView {
  update(moment: Moment): void
  /** Shows the next page of what does not fit on one, or the one before; false where there is none. */
  turn?(by: number): boolean
  /** Makes it fit the room that it has; called at the start and when the window changes. */
  fit(): void
}
