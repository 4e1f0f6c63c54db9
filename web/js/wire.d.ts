// What travels between the server and its pages. Made from server/protocol by `UPDATE=1 cargo test -p parterre-protocol`;
// a change made here is lost, and a stale file fails that test.

/** One thing the audience is asked to do. */
export type ActivityId = string;

/** How far an activity is. */
export type ActivityState = "draft" | "open" | "closed";

/** A participant's answer; its kind must be the activity's. */
export type Answer = { "kind": "choice" } & Choice | { "kind": "words" } & Words;

/** As which of the three pages a client takes part. */
export type Audience = "phone" | "screen" | "studio";

/** The options that a participant picked. */
export type Choice = {
  /** The picked options, each once, in any order. */
  options: Array<number>,
  /** The participant's own option, where the poll allows one. */
  other?: string, };

/** A choice poll. */
export type ChoicePoll = {
  /** The question as the room reads it. */
  title: string,
  /** The options in the order in which they are shown; the first is lettered A. */
  options: Array<PollOption>,
  /** The fewest options an answer may hold, counting "other"; at least 1. */
  min: number,
  /** The most options an answer may hold, counting "other". */
  max: number,
  /** Whether an answer may hold an option of the participant's own, as text. */
  other: boolean,
  /** Whether a participant may answer again while the activity is open; the last answer counts. */
  changeable: boolean, };

/** A message from a client. */
export type ClientMessage = { "t": "ping" } | { "t": "respond",
  /** The command's id, made by the client and kept with it until its receipt. */
  cid: CommandId,
  /** The activity that is answered. */
  activity: ActivityId,
  /** The activity's round, as its stage said; an answer to a former round is refused. */
  round: number,
  /** The answer. */
  answer: Answer, } | { "t": "control",
  /** The command's id, made by the client and kept with it until its receipt. */
  cid: CommandId,
  /** What is to happen. */
  control: Control, };

/** One command, made by the client that sends it. The same id always gets the same receipt. */
export type CommandId = string;

/** What a facilitator does to a running event. */
export type Control = { "do": "start" } | { "do": "open",
  /** The activity. */
  activity: ActivityId, } | { "do": "close",
  /** The activity. */
  activity: ActivityId, } | { "do": "next",
  /** The activity that the sender sees on stage (none: the waiting screen). Where the stage has moved on
   * meanwhile, the command is refused as `stale`, so that two people pressing at once skip nothing. */
  after: ActivityId | null, } | { "do": "lobby" } | { "do": "results",
  /** The activity. */
  activity: ActivityId,
  /** Whether they are visible. */
  visible: boolean, } | { "do": "reset",
  /** The activity. */
  activity: ActivityId,
  /** The round that is to end, so that pressing twice resets once. */
  round: number, } | { "do": "end" };

/** The body of every HTTP answer that tells of an error under `/api/`. */
export type ErrorBody = {
  /** Why, for programs. */
  code: string,
  /** What is wrong and what to do, in plain English. */
  message: string, };

/** An event as everybody may see it. */
export type Event = {
  /** Its id, which never changes. */
  id: EventId,
  /** Its name. */
  name: string,
  /** Its join code, in capitals. */
  code: string,
  /** How far it is. */
  state: EventState,
  /** Whether a participant gives a name to join. */
  names: boolean, };

/** One gathering. */
export type EventId = string;

/** How far an event is. */
export type EventState = "draft" | "live" | "ended";

/** The body of a request to join. */
export type JoinRequest = {
  /** The join code, in any case. */
  code: string,
  /** The participant's name, where the event asks for one. */
  name?: string, };

/** The answer to it. Joining again with the same device token gives the same participant. */
export type Joined = {
  /** The event. */
  event: Event,
  /** Who one is in it. */
  participant: ParticipantId,
  /** The device token: whoever holds it is this participant. Sent as `Authorization: Bearer …` or as the cookie that
   * the answer sets. */
  token: string,
  /** The path of the live connection. */
  live: string, };

export type JsonValue = number | string | boolean | Array<JsonValue> | { [key in string]: JsonValue } | null;

/** The topic `me`. */
export type Me = {
  /** Who I am in this event. */
  participant: ParticipantId,
  /** My name, if I gave one. */
  name?: string,
  /** My current answer to each activity that I have answered. */
  responses: Record<string, Response>, };

/** One phone in one event. */
export type ParticipantId = string;

/** One option of a choice poll. */
export type PollOption = {
  /** The option's id. */
  id: number,
  /** The option as the room reads it. */
  text: string, };

/** The topic `presence`. */
export type Presence = {
  /** Participants who are connected now. */
  here: number,
  /** Participants who have ever joined the event. */
  joined: number, };

/** What an activity asks: its kind and everything that the kind can be set to. */
export type Question = { "kind": "choice" } & ChoicePoll | { "kind": "words" } & WordCloud;

/** Why a command was refused. */
export type RefusalCode = "closed" | "round" | "answered" | "invalid" | "unknown" | "stale" | "forbidden";

/** A participant's current answer to one activity. */
export type Response = {
  /** The round in which it was given; it no longer counts if the activity's round is another. */
  round: number,
  /** The answer. */
  answer: Answer,
  /** When it was committed. */
  at: number, };

/** The topic `results`. */
export type Results = {
  /** The activity on stage; absent when there is none. */
  activity?: ActivityId,
  /** Its round; 0 when there is none. */
  round: number,
  /** How many participants have answered. Absent for phones while results are hidden. */
  answered?: number,
  /** The counts; absent while results are hidden, except for the studio. */
  tally?: Tally, };

/** An activity as the studio's rundown lists it. */
export type RundownItem = {
  /** Its id. */
  id: ActivityId,
  /** Draft, open or closed. */
  state: ActivityState,
  /** Its round. */
  round: number,
  /** Whether its results are visible when it is on stage. */
  results: boolean,
  /** How many participants have answered in this round, as of this rev. */
  answered: number,
  /** What it asks. */
  question: Question, };

/** A message from the server. */
export type ServerMessage = { "t": "hello",
  /** The protocol's version. */
  v: number,
  /** The server's clock. */
  now: number,
  /** How long a client may be silent before the server asks whether it is still there, in milliseconds. A client
   * that cannot see WebSocket pings sends a `ping` of its own about this often. */
  ping_ms: number, } | { "t": "full",
  /** Which topic. */
  topic: Topic,
  /** Its version from now on. */
  rev: number,
  /** Its content: [`crate::topics::Stage`], [`crate::topics::Results`], [`crate::topics::Presence`] or
   * [`crate::topics::Me`]. */
  data: Stage | Results | Presence | Me, } | { "t": "delta",
  /** Which topic. */
  topic: Topic,
  /** The version that the patch was made for. A client that holds another one ignores the message and reconnects. */
  from: number,
  /** Its version from now on. */
  rev: number,
  /** The patch. */
  patch: JsonValue, } | { "t": "receipt",
  /** The command. */
  cid: CommandId, } & ({ "status": "stored",
  /** When it was committed. */
  at: number, } | { "status": "refused",
  /** Why, for programs. */
  code: RefusalCode,
  /** Why, and what to do, in plain English. */
  message: string, } | { "status": "later",
  /** How long to wait, in milliseconds. */
  retry_ms: number, }) | { "t": "pong" } | { "t": "bye",
  /** The close code that follows. */
  code: number,
  /** Why, and what to do. */
  message: string,
  /** How long to wait before coming back, in milliseconds; absent when coming back is of no use. */
  retry_ms?: number, };

/** The topic `stage`. */
export type Stage = {
  /** The event. */
  event: Event,
  /** The activity on stage; absent on the waiting screen and after the end. */
  activity?: StagedActivity,
  /** Every activity in order. Only for the studio. */
  rundown?: Array<RundownItem>, };

/** The activity on stage. */
export type StagedActivity = {
  /** Its id. */
  id: ActivityId,
  /** Draft, open or closed. */
  state: ActivityState,
  /** Its round, from 1; a reset begins the next. */
  round: number,
  /** Whether screens and phones see the results. */
  results: boolean,
  /** Its place in the rundown, from 1. */
  place: number,
  /** How many activities the rundown has. */
  of: number,
  /** What it asks. */
  question: Question, };

/** The counts of one activity's current answers. */
export type Tally = { "kind": "choice",
  /** How many answers hold the option. Every option is there, with 0 where nobody picked it. */
  counts: Record<string, number>,
  /** How many answers hold an option of their own; absent where the poll allows none. */
  other?: number,
  /** The most frequent own options and their counts. Only for the studio. */
  texts?: Record<string, number>, } | { "kind": "words",
  /** The most frequent words and how many participants sent each. */
  words: Record<string, number>,
  /** How many different words there are, shown or not. */
  distinct: number, };

/** A separately versioned part of a room. */
export type Topic = "stage" | "results" | "presence" | "me";

/** A word cloud. */
export type WordCloud = {
  /** The question as the room reads it. */
  title: string,
  /** How many words each participant may have in the cloud. */
  words_per_person: number, };

/** All the words of a participant: an answer replaces the former one whole. */
export type Words = {
  /** The words as typed; none takes back what was sent before. */
  words: Array<string>, };
