// Shapes that the studio's modules share.

import type { Presence, Results, RundownItem, Settings, Stage, Tally } from '../wire.js'
import type { TemplateResult } from '../../vendor/lit-html/lit-html.js'
import type { Problem, Trouble } from './api.js'

/** An activity of the rundown. */
export type Activity = RundownItem

/** How the live connection stands, and the close code that led to it. */
export interface Status {
  kind: 'connecting' | 'connected' | 'reconnecting' | 'off'
  code: number
}

/** Everything that is drawn. */
export interface Studio {
  stage: Stage
  results: Results
  /** Nothing before the live connection has told. */
  presence: Presence | undefined
  status: Status
  /** The activity that is looked at: chosen in the rundown, or written just now. */
  selected: string | undefined
  /** The earlier round of it that is looked at; nothing is the current one. */
  round: number | undefined
  /** How many acts of this page's moderator were done: each may have changed what was requested. */
  acts: number
  /** The activity that was last chosen in the rundown. */
  chosen: string | undefined
  editing: Editing | undefined
  /** What has been asked for and is not yet answered, by name. */
  busy: Set<string>
  /** Whether this is the narrow page that steers instead of the whole studio. */
  remote: boolean
  /** Whether keys steer. */
  keys: boolean
  /** Answers per second, now and at most in this round. */
  rate: { now: number; most: number }
  /** The seconds left of the countdown of what is on stage, where there is one. */
  left: number | undefined
}

/** An activity that is being written or changed. */
export interface Editing {
  /** The activity; nothing for a new one. */
  id: string | undefined
  /** As it is being typed. */
  question: Settings
  /** As it was when the editor opened, to tell whether anything would be lost and whether somebody else changed it. */
  original: string
  /** All that was wrong with it when it was last to be saved. */
  troubles: Trouble[]
}

/** What an editor of a kind is given. */
export interface EditorContext<Q> {
  question: Q
  /** Takes over what was typed. */
  change(part: Partial<Q>): void
  /** What is wrong with a field, in words. */
  problem(field: string): string | undefined
  /** The same with its arguments. */
  trouble(field: string): Trouble | undefined
  /** Moves the focus to the element of this selector once it is drawn. */
  focus(selector: string): void
  /** Whether the activity was stored before, so that ids of options no longer there may have been used in it. */
  stored: boolean
}

/** A kind of activity in the studio. */
export interface Kind<Q> {
  /** A question to begin with. */
  blank(): Q
  /** The form. */
  form(context: EditorContext<Q>): TemplateResult
  /** The question as it is saved: without what was left empty on the way. */
  tidy(question: Q): Q
  /** What cannot be stored of it, beside its title. */
  problems(question: Q): Problem[]
  /** What a change does to answers that there are, in sentences. */
  touches(before: Q, after: Q, tally: Tally | undefined): string[]
  /** What a phone will show, in outline. */
  phone(question: Q): TemplateResult
  /** The counts, for the facilitator: everything is there, whatever is not revealed to phones yet. */
  results(question: Q, results: Results): TemplateResult
  /** A picture of the kind. */
  picture: TemplateResult
}
