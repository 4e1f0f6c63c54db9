// What the page of a phone and the views of its kinds say to each other.

import type { Receipt as AnyReceipt } from '../live.js'
import type { Page } from '../phone.js'
import type { Answer, Prompt, Results, StagedActivity } from '../wire.js'
import type { Post } from './outbox.js'

export type { Post }

/** What became of a command. */
export type Receipt = AnyReceipt & ({ status: 'stored' } | { status: 'refused' })

/** What a view shows. */
export type Moment = {
  activity: StagedActivity
  /** Whether an answer can be given now. */
  open: boolean
  /** Whether the one that was given is the last: nothing else can be sent any more. */
  final: boolean
  /** The own answer, stored or on its way. */
  answer?: Answer
  /** Whether any answer is stored. */
  stored: boolean
  /** Where they are visible. */
  results?: Results
}

/** What a person has marked or typed and not sent, taken from one view to the next. */
export type Draft = {
  /** Of the question for which it was marked. */
  version?: number
  /** Options as they were read. */
  marks?: { id: string; text: string }[]
  /** Of a field. */
  text?: string
}

/** The same as it is told. */
export type Waiting = {
  /** How much is marked. */
  n: number
  /** The same in the words of the kind, where it has its own. */
  marked?: string
  /** What is typed, where that is all: the view then has a button of its own for it, and the page shows none. */
  word?: string
  /** Whether it can be sent as it is. */
  whole: boolean
  /** What is missing, or may be added. */
  sentence: string
  /** Whether a text of it is being typed. */
  typing?: boolean
}

/** An activity of some kind on a phone. */
export interface PhoneView {
  update(moment: Moment): void
  /** What is marked or typed and not sent. */
  unsent(): Waiting | undefined
  /** Sends it, where it is whole. */
  send(): void
  draft(): Draft | undefined
  /** Puts back what was sent and not taken, where nothing else is marked or typed. */
  restore(draft: Draft): void
  /** An answer in a few words; nothing where the page shows it anyway. */
  name(answer: Answer): string
  /** What to do. */
  hint(): string
  /** Whether something was sent, where no answer tells it. */
  hasSent?(): boolean
  /** What was done with a post of this activity has its receipt. */
  settled?(command: Post, receipt: Receipt): void
  /** What is next to whatever had the focus and no longer can; null: nothing is. */
  refuge(): HTMLElement | null
}

/** What a view is made with. */
export type Place = {
  /** The activity's part of the page. */
  section: HTMLElement
  /** In it, with the question in a `fieldset`: this holds more where the server drew it. */
  form: HTMLFormElement
  activity: StagedActivity
  /** What goes on from the view before. */
  draft?: Draft
  send: (answer: Answer) => void
  /** What the parts of the page share: posts are sent by its outbox. */
  page: Page
  /** To be called when the person has changed what `unsent` says. */
  changed: () => void
}

/** What the module `phone.js` of a kind exports as `View`. */
export interface KindView {
  new (place: Place): PhoneView
  /** Whether an answer to it is the last. */
  isFinal(prompt: Prompt): boolean
  /** Whether an answer takes back what was sent before. */
  isBlank(answer: Answer): boolean
  /** A draft of what an answer holds, to be gone on with where it was not taken; `stored` is what counts. */
  draftOf(answer: Answer, version?: number, stored?: Answer): Draft | undefined
}
