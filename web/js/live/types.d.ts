// What a live connection says to its page and to its transports.

import type { Me, Moderation, Posts, Presence, Results, ServerMessage, Stage, Topic } from '../wire.js'

export type Receipt = Extract<ServerMessage, { t: 'receipt' }>

/** The topics by name, each absent until it was first received. */
export interface Topics {
  stage?: Stage
  results?: Results
  posts?: Posts
  moderation?: Moderation
  presence?: Presence
  me?: Me
}

/** `connecting` until the first hello; `reconnecting` while coming back; `off` when it will not come back by itself. */
export type Status = 'connecting' | 'connected' | 'reconnecting' | 'off'

export interface Options {
  /** The path of the connection with all but the revs, such as `/api/v1/live?event=…&as=phone`. */
  path: string
  /** What the page holds already. */
  topics?: Partial<Record<Topic, { rev: number; data: any }>>
  /** A topic has changed. */
  onTopic?: (topic: Topic) => void
  /** `code` is the close code that led to it, or 0. */
  onStatus?: (status: Status, code: number) => void
  onReceipt?: (receipt: Receipt) => void
  /**
   * The server answers but does not take the connection, or cannot be reached: the page may find out which, and says whether to
   * go on trying.
   */
  onRefused?: () => Promise<boolean>
}

export interface TransportHandlers {
  onMessage: (message: ServerMessage) => void
  /** With the close code, or 1006 where nobody said one. */
  onClose: (code: number) => void
}
