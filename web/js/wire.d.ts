// What travels between the server and its pages. Made from server/protocol by `UPDATE=1 cargo test -p parterre-protocol`;
// a change made here is lost, and a stale file fails that test.

/** What a moderator does. An act on several posts is done to all of them or to none. */
export type Act = { "do": "move",
  /** Which. */
  posts: Array<PostRef>,
  /** Where to. */
  to: Queue, } | { "do": "decline",
  /** Which. */
  posts: Array<PostRef>,
  /** Why; the author reads it. */
  reason?: Reason, } | { "do": "hide",
  /** Which. */
  posts: Array<PostRef>, } | { "do": "restore",
  /** Which. */
  posts: Array<PostRef>, } | { "do": "edit",
  /** Which. */
  post: PostRef,
  /** The new text. */
  text: string, } | { "do": "merge",
  /** Which one stays. */
  into: PostRef,
  /** Which become part of it. */
  posts: Array<PostRef>, } | { "do": "unmerge",
  /** Which. */
  posts: Array<PostRef>, } | { "do": "label",
  /** Which posts. */
  posts: Array<PostRef>,
  /** Which label. */
  label: number,
  /** Whether they are to have it. */
  on: boolean, } | { "do": "star",
  /** Which. */
  posts: Array<PostRef>,
  /** Whether they are to be starred. */
  on: boolean, } | { "do": "pin",
  /** Which. */
  posts: Array<PostRef>,
  /** Whether they are to be pinned. */
  on: boolean, } | { "do": "answered",
  /** Which. */
  posts: Array<PostRef>,
  /** Whether they are answered. */
  on: boolean, } | { "do": "reply",
  /** Which. */
  post: PostRef,
  /** The answer; an empty one takes it away. */
  text: string, } | { "do": "block",
  /** A post of that device. */
  post: PostId,
  /** Whether it is blocked. */
  on: boolean, } | { "do": "highlight",
  /** Which; none takes it from the screen. */
  post: PostId | null, } | { "do": "show",
  /** Whether it is shown. */
  on: boolean, } | { "do": "configure",
  /** The settings' version as the sender saw it. */
  version: number,
  /** The settings that are to be others; an absent one stays as it is. */
  settings: QaChange, } | { "do": "hide_word",
  /** To which activity it was sent. */
  activity: ActivityId,
  /** The word, in any of its spellings. */
  word: string, } | { "do": "merge_word",
  /** To which activity it was sent. */
  activity: ActivityId,
  /** The word, in any of its spellings. */
  word: string,
  /** The word that it is counted as. */
  into: string, } | { "do": "restore_word",
  /** To which activity it was sent. */
  activity: ActivityId,
  /** The word, in any of its spellings. */
  word: string, } | { "do": "undo",
  /** The act's command. */
  cid: CommandId, };

/** One thing the audience is asked to do. */
export type ActivityId = string;

/** One round of an activity, to which posts are sent. */
export type ActivityRound = {
  /** The activity. */
  activity: ActivityId,
  /** Its round. */
  round: number, };

/** How far an activity is. */
export type ActivityState = "draft" | "open" | "closed";

/** A participant's answer; its kind must be the activity's. */
export type Answer = { "kind": "choice" } & Choice | { "kind": "words" } & Words | { "kind": "rating" } & Ratings | { "kind": "open" } & NoAnswer | { "kind": "readings" } & Readings;

/** As which page a client takes part. */
export type Audience = "phone" | "screen" | "studio" | "moderator" | "speaker";

/** All readings of a room, gathered. What has no bound of its own is a window: of the networks and
 * places the largest, of the readings the worst. */
export type Board = {
  /** Phones that have sent a reading. */
  phones: number,
  /** How the readings are; a phone has one of each place where it was. */
  verdicts: Verdicts,
  /** By network. */
  networks: Record<string, NetworkGroup>,
  /** By place; the key is its name in lower case. */
  places: Record<string, PlaceGroup>,
  /** The delay in the middle of all and where the slowest tenth begins; absent before anything
   * was measured. */
  delay?: Delays,
  /** The slowest tenth, the slowest first. */
  slowest: Array<Slow>,
  /** The most phones that came within one second, and within one minute, of those that have sent
   * a reading. */
  busiest: Busiest,
  /** The readings by phone and place, both in one text. */
  readings: Record<string, Reading>, };

/** The most that came at once. */
export type Busiest = {
  /** Within one second. */
  second: number,
  /** Within one minute. */
  minute: number, };

/** The options that a participant picked. */
export type Choice = {
  /** The picked options, each once, in any order. */
  options: Array<number>,
  /** The participant's write-in, if the poll allows one. */
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

/** The counts of a choice poll. */
export type ChoiceTally = {
  /** How many answers hold the option. Every option is there, with 0 where nobody picked it. */
  counts: Record<string, number>,
  /** How many answers hold an option of their own; absent where the poll allows none. */
  other?: number,
  /** The most frequent write-ins and their counts. Only for the studio. */
  texts?: Record<string, number>, };

/** A message from a client. */
export type ClientMessage = { "t": "ping" } | { "t": "respond",
  /** The command's id, made by the client and kept with it until its receipt. */
  cid: CommandId,
  /** The activity that is answered. */
  activity: ActivityId,
  /** The activity's round, as its stage said; an answer to a former round is refused. */
  round: number,
  /** The version of its question that the answer was made for, as its stage said. An absent
   * one is the first. */
  version?: PromptVersion,
  /** The answer. */
  answer: Answer, } | { "t": "post",
  /** The command's id, made by the client and kept with it until its receipt. */
  cid: CommandId,
  /** What is to happen. */
  post: PostCommand, } | { "t": "moderate",
  /** The command's id, made by the client and kept with it until its receipt. */
  cid: CommandId,
  /** What is to happen. */
  act: Act, } | { "t": "control",
  /** The command's id, made by the client and kept with it until its receipt. */
  cid: CommandId,
  /** What is to happen. */
  control: Control, };

/** One command, made by the client that sends it. The same id always gets the same receipt. */
export type CommandId = string;

/** What a facilitator does to a running event. */
export type Control = { "do": "start" } | { "do": "open",
  /** The activity. */
  activity: ActivityId, } | { "do": "show",
  /** The activity. */
  activity: ActivityId, } | { "do": "close",
  /** The activity. */
  activity: ActivityId, } | { "do": "countdown",
  /** The activity. */
  activity: ActivityId,
  /** For how long from now, as the server reckons it: 1 second to 24 hours. */
  seconds: number, } | { "do": "schedule",
  /** The activity. */
  activity: ActivityId,
  /** When a draft opens, by the server's clock. */
  opens_at?: number,
  /** When it closes, by the server's clock. */
  closes_at?: number, } | { "do": "next",
  /** The activity that the sender sees on stage (none: the waiting screen). Where the stage
   * has moved on meanwhile, the command is refused as `stale`, so that two people pressing
   * at once skip nothing. */
  after: ActivityId | null, } | { "do": "previous",
  /** The activity that the sender sees on stage (none: the waiting screen), as with `Next`. */
  before: ActivityId | null, } | { "do": "lobby" } | { "do": "results",
  /** The activity. */
  activity: ActivityId,
  /** Whether they are visible. */
  visible: boolean, } | { "do": "reset",
  /** The activity. */
  activity: ActivityId,
  /** The round that is to end, so that pressing twice resets once. */
  round: number, } | { "do": "end" };

/** Delays of all readings, in milliseconds. */
export type Delays = {
  /** In the middle. */
  middle_ms: number,
  /** The least of the slowest tenth. */
  slowest_tenth_ms: number, };

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
  names: boolean,
  /** In which language it is held, as a tag of BCP 47; absent where nobody has said. */
  language?: string,
  /** Whether participants see the shared results on their phones once it has ended. */
  results_shared?: boolean, };

/** One gathering. */
export type EventId = string;

/** How far an event is. */
export type EventState = "draft" | "live" | "ended";

/** A figure of a sentence. */
export type Figure = number | string;

/** What of the word filter is to be otherwise. What is absent stays as it is. */
export type FilterChange = {
  /** Whether it is on. */
  on?: boolean,
  /** The languages whose word lists are used: all of them. */
  languages?: Array<string>,
  /** The event's own words: all of them. */
  words?: Array<string>, };

/** A word that only those see who moderate. */
export type HiddenWord = {
  /** How often it was sent. */
  count: number,
  /** Whether it was the word filter that hid it. */
  flagged?: boolean, };

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
  /** The device token: whoever holds it is this participant. Sent as `Authorization: Bearer …` or
   * as the cookie that the answer sets. Not there for the pages of browsers, whose requests have
   * an `Origin`: they have the cookie. */
  token?: string,
  /** The path of the live connection. */
  live: string, };

export type JsonValue = number | string | boolean | Array<JsonValue> | { [key in string]: JsonValue } | null;

/** The name of a kind. */
export type KindName = "choice" | "words" | "rating" | "open" | "readings";

/** A label of questions. */
export type Label = {
  /** Its id. */
  id: number,
  /** What it says. */
  name: string,
  /** Which of the pages' eight label colours, from 1. */
  colour: number,
  /** Whether phones and screens see it; a private one is for moderators and speakers. */
  public: boolean, };

/** The topic `me`. */
export type Me = {
  /** Who I am in this event. */
  participant: ParticipantId,
  /** My name, if I gave one. */
  name?: string,
  /** My current answer to each activity that I have answered. */
  responses: Record<string, Response>,
  /** My posts. */
  posts?: Record<string, OwnPost>,
  /** My votes on questions, those of my own left out. */
  votes?: Record<string, Vote>,
  /** Whether this device may not ask any more. */
  blocked?: boolean, };

/** An activity whose answers are posts, as those see it who moderate. */
export type ModeratedActivity = {
  /** What it asks. */
  title: string,
  /** Its place in the rundown, from 1. */
  place: number,
  /** Its round, of which the posts are. */
  round: number,
  /** Whether it is on stage. */
  staged: boolean,
  /** How many posts each list has, parts of others not counted. */
  counts: QueueCounts, };

/** A post as moderators see it: its author's name where given, never who they are. */
export type ModeratedPost = {
  /** To which activity it was sent; absent of a question. */
  to?: ActivityRound,
  /** As it reads now. */
  text: string,
  /** As its author wrote it, where a moderator has reworded it. */
  original?: string,
  /** Where it is. */
  state: PostState,
  /** The event's version when anything but its votes last changed; acts name it. */
  version: number,
  /** When it was sent. */
  at: number,
  /** Who asks, if they say. */
  name?: string,
  /** How many support it, its author and the supporters of its parts included. Of a part 0: its
   * votes count where it belongs. */
  votes: number,
  /** How many are against it; absent where one cannot be. */
  down?: number,
  /** Whether the word filter found something in it. */
  flagged?: boolean,
  /** Whether a moderator has marked it. */
  starred?: boolean,
  /** Whether it stays above all others. */
  pinned?: boolean,
  /** Whether it was answered. */
  answered?: boolean,
  /** Its labels. */
  labels?: Array<number>,
  /** The reply in text. */
  reply?: string,
  /** Why it was declined. */
  reason?: Reason,
  /** The post that it is a part of. */
  merged_into?: PostId,
  /** Whether its author's device may not ask any more. */
  blocked?: boolean, };

/** The topic `moderation`. Of each list of questions it holds a window: of `review` the oldest, of
 * `reviewed` and `published` the most supported, of the bin what came last; and every part of a
 * merged post that it holds. Of the posts of activities it holds windows likewise, with the newest
 * of `reviewed` and `published`: first of the one on stage, then of the others for as long as
 * there are not too many. */
export type Moderation = {
  /** How questions are taken. */
  settings: QaSettings,
  /** How many questions each list has, parts of others not counted. */
  counts: QueueCounts,
  /** The activities whose answers are posts. */
  activities?: Record<string, ModeratedActivity>,
  /** The posts. */
  posts: Record<string, ModeratedPost>,
  /** Which one the screen shows full screen. */
  highlight?: PostId, };

/** Under what name people ask. */
export type NamePolicy = "anonymous" | "either" | "named";

/** What came by one network. */
export type NetworkGroup = {
  /** How the readings are. */
  verdicts: Verdicts,
  /** How many say that they came by what. */
  links: Partial<Record<NetworkKind, number>>,
  /** The delay in the middle of them, in milliseconds. */
  delay_ms?: number, };

/** How a phone reaches its network. */
export type NetworkKind = "wifi" | "mobile" | "cable" | "unknown";

/** What is sent to a text wall is no answer: there is none that it takes. */
export type NoAnswer = Record<symbol, never>;

/** A post of one's own. */
export type OwnPost = {
  /** To which activity it was sent; absent of a question. */
  to?: ActivityRound,
  /** As it reads now. */
  text: string,
  /** What became of it. */
  fate: PostStatus,
  /** When it was sent. */
  at: number,
  /** The name under which it was asked. */
  name?: string,
  /** Whether a moderator has reworded it. */
  edited?: boolean,
  /** Why it was declined. */
  reason?: Reason,
  /** The reply to it, once it is shown. */
  reply?: string,
  /** The published question that it was made a part of. */
  merged_into?: PostId, };

/** One phone in one event. */
export type ParticipantId = string;

/** What came from one place. */
export type PlaceGroup = {
  /** The place as it was written first in the order of the alphabet. */
  name: string,
  /** How the readings are. */
  verdicts: Verdicts,
  /** The delay in the middle of them, in milliseconds. */
  delay_ms?: number, };

/** One option of a choice poll. */
export type PollOption = {
  /** The option's id. */
  id: number,
  /** The option as the room reads it. */
  text: string, };

/** What a participant does with posts. Only from a phone. */
export type PostCommand = { "do": "ask",
  /** The question, in one line. */
  text: string,
  /** The name under which it is asked; absent: anonymous. Where participants have names,
   * theirs is taken. */
  name?: string, } | { "do": "send",
  /** To which, and in which round. */
  to: ActivityRound,
  /** The text, in one line. */
  text: string,
  /** The name under which it is sent, as for a question. */
  name?: string, } | { "do": "edit",
  /** Which. */
  post: PostId,
  /** The new text. */
  text: string, } | { "do": "withdraw",
  /** Which. */
  post: PostId, } | { "do": "vote",
  /** Which. */
  post: PostId,
  /** For, against (where the event allows it), or neither. */
  vote: Vote, };

/** A post's number within its event, from 1 in the order in which they were sent: short on the
 * wire, and people can say it. */
export type PostId = number;

/** A post as the sender of an act saw it: an act on one that has changed since is refused as
 * `stale`. */
export type PostRef = {
  /** Which. */
  post: PostId,
  /** Its version, as the topic `moderation` said. */
  version: number, };

/** Where a post is. */
export type PostState = "review" | "reviewed" | "published" | "declined" | "hidden" | "withdrawn";

/** What became of a post, as its author is told. */
export type PostStatus = "waiting" | "shown" | "answered" | "declined" | "hidden" | "withdrawn";

/** The topic `posts`: the window that all of an audience share. It holds the most supported of the
 * published questions that are not answered, and the highlighted one; what is merged into another
 * is not there. The order is: pinned first, then by votes for less votes against, then the older
 * first. */
export type Posts = {
  /** The questions of the window. */
  posts: Record<string, ShownPost>,
  /** Which one the screen shows full screen. */
  highlight?: PostId,
  /** How many questions are published, in the window or not, answered or not. */
  published: number,
  /** How many of them are answered. */
  answered_posts: number,
  /** What became of all questions, where the event shares it and is over. */
  summary?: QaSummary, };

/** The topic `presence`. */
export type Presence = {
  /** Participants who are connected now. */
  here: number,
  /** Participants who have ever joined the event. */
  joined: number,
  /** Clients that were told to come a little later because too many came at once, and have not
   * come yet. */
  arriving: number,
  /** Whether the server works without its bus: all is stored and counted, changes made elsewhere
   * show later. */
  degraded: boolean,
  /** Whether the clock that the server went by was set meanwhile: it goes on with its own time,
   * and nothing ends early. */
  clock_differs?: boolean,
  /** How many of those who are here have answered what is on stage. Absent where nothing is, and
   * until it is known of those who are connected to other nodes. */
  respondents?: RespondentsHere, };

/** What an activity shows of its settings to those who answer it. */
export type Prompt = { "kind": "choice" } & ChoicePoll | { "kind": "words" } & WordCloud | { "kind": "rating" } & Rating | { "kind": "open" } & TextWall | { "kind": "readings" } & RoomTest;

/** Which version of its question an answer was made for. The first is 1, and every change makes the
 * next. */
export type PromptVersion = number;

/** How an event takes questions, as everybody may know it. */
export type Qa = {
  /** Whether questions are taken. The end of the event leaves `closed` of `open`. */
  state: QaState,
  /** Whether a moderator approves each question before it is shown. */
  review: boolean,
  /** Under what name people ask. */
  names: NamePolicy,
  /** Whether one can also vote against a question. */
  downvotes: boolean,
  /** The labels in order; the private ones only for studios, moderators and speakers. */
  labels: Array<Label>,
  /** Whether the screen shows the list of questions in place of the stage. */
  on_screen: boolean, };

/** Settings that are to be others. An absent one stays as it is. */
export type QaChange = {
  /** Whether questions are taken. */
  state?: QaState,
  /** Whether a moderator approves each question before it is shown. */
  review?: boolean,
  /** Under what name people ask. */
  names?: NamePolicy,
  /** Whether one can also vote against a question. */
  downvotes?: boolean,
  /** The labels, in order: all of them. */
  labels?: Array<Label>,
  /** The word filter. */
  filter?: FilterChange,
  /** Whether everybody sees, after the event's end, how many questions were asked, shown,
   * answered and declined. */
  share?: boolean, };

/** How an event takes questions: all settings. What a text lacks is as at first. */
export type QaSettings = {
  /** The event's version when they were last changed. */
  version: number,
  /** Whether questions are taken. */
  state: QaState,
  /** Whether a moderator approves each question before it is shown. */
  review: boolean,
  /** Under what name people ask. */
  names: NamePolicy,
  /** Whether one can also vote against a question. */
  downvotes: boolean,
  /** The labels, in order. */
  labels: Array<Label>,
  /** The word filter: what it finds goes to review. */
  filter: WordFilter,
  /** Whether everybody sees, after the event's end, how many questions were asked, shown,
   * answered and declined. */
  share: boolean, };

/** Whether an event takes questions. */
export type QaState = "off" | "open" | "closed";

/** What became of all questions of an event. */
export type QaSummary = {
  /** Sent and not withdrawn. */
  asked: number,
  /** Published, alone or as a part of another. */
  shown: number,
  /** Answered, of those shown. */
  answered_posts: number,
  /** Declined, by kind of reason; without a reason: `other`. */
  declined: Record<string, number>, };

/** The lists through which a post passes before the bin. */
export type Queue = "review" | "reviewed" | "published";

/** How many posts each list has. */
export type QueueCounts = {
  /** Waiting for a moderator. */
  review: number,
  /** Found good, not yet shown. */
  reviewed: number,
  /** For all to see. */
  published: number,
  /** Declined or hidden. */
  bin: number, };

/** A rating. */
export type Rating = {
  /** What is rated, as the room reads it. */
  title: string,
  /** The statements in the order in which they are shown. Where there is only one, its text may
   * be empty: the title is what is rated. */
  statements: Array<PollOption>,
  /** On which scale. */
  scale: Scale,
  /** Whether a participant may answer again while the activity is open; the last answer counts. */
  changeable: boolean, };

/** The counts of a rating. */
export type RatingTally = {
  /** By the statement's id: how many gave it each value, from the lowest of the scale to the
   * highest. Every statement is there, with zeros where nobody rated it. */
  counts: Record<string, number[]>, };

/** The values that a participant gave. */
export type Ratings = {
  /** By the statement's id. Statements may be left out, but not all. */
  ratings: Record<string, number>, };

/** What one phone found out in one place. */
export type Reading = {
  /** Where it was, in the words of who held it; empty where nothing was said. */
  place: string,
  /** By which network it came, as the server saw it: an IPv4 address, or the first half of an
   * IPv6 one, since all of that is the phone's own. Empty where it is not known. */
  network: string,
  /** How that network is reached, as far as the browser says. */
  link: NetworkKind,
  /** Whether the phone can take part from here. */
  verdict: Verdict,
  /** What weighs the most, where not all is well. */
  found?: ReadingFinding,
  /** The time that 95 of 100 messages took out and back at most, in milliseconds. */
  delay_ms?: number,
  /** When it was taken, by the server's clock. */
  at: number, };

/** One thing that was found: its step and code are keys of the message catalogues. */
export type ReadingFinding = {
  /** What was tried. */
  step: string,
  /** What came of it. */
  code: string,
  /** The figures of the sentence. */
  figures?: Record<string, Figure>, };

/** The readings of one phone: the newest of each place where it was. */
export type Readings = {
  /** How many it has ever sent. */
  sent: number,
  /** By the place's key: its name in lower case; empty where none was given. */
  readings: Record<string, Reading>, };

/** Why a post was declined. */
export type Reason = {
  /** The kind of reason, by which declined posts are counted. */
  code: ReasonCode,
  /** In the moderator's own words. */
  text?: string, };

/** Kinds of reasons to decline a post. */
export type ReasonCode = "off_topic" | "duplicate" | "answered" | "unclear" | "offensive" | "private" | "other";

/** Why a command was refused. */
export type RefusalCode = "closed" | "round" | "answered" | "invalid" | "unknown" | "stale" | "forbidden" | "blocked" | "slow_down";

/** How many of those who are here have answered an activity in a round. */
export type RespondentsHere = {
  /** The activity. */
  activity: ActivityId,
  /** The round. */
  round: number,
  /** Participants who are connected now and have an answer in it. */
  count: number, };

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
  respondents?: number,
  /** The counts; absent while results are hidden, except for the studio. */
  tally?: Tally,
  /** What people have written, where the activity takes words. Only for studios and moderators,
   * whether or not results are hidden. */
  written?: Written, };

/** A room test. */
export type RoomTest = {
  /** What the room is asked to do. */
  title: string, };

/** An activity as the studio's rundown lists it. */
export type RundownItem = {
  /** Its id. */
  id: ActivityId,
  /** Draft, open or closed. */
  state: ActivityState,
  /** Its round. */
  round: number,
  /** The version of its question. */
  version: PromptVersion,
  /** Whether its results are visible when it is on stage. */
  results: boolean,
  /** How many participants have answered in this round. Absent of the one whose results `results`
   * has: they change without the stage. */
  respondents?: number,
  /** When it opens by itself. */
  opens_at?: number,
  /** When it closes by itself. */
  closes_at?: number,
  /** What it asks, as it was authored. */
  settings: Settings, };

/** The values that a statement may be given. */
export type Scale = { "style": "stars",
  /** The most stars. */
  points: number, } | { "style": "labels",
  /** The highest value. */
  points: number,
  /** What 1 means; may be empty. */
  low: string,
  /** What the highest value means; may be empty. */
  high: string, } | { "style": "nps" };

/** A message from the server. */
export type ServerMessage = { "t": "hello",
  /** The protocol's version. */
  v: number,
  /** The server's clock. */
  now: number,
  /** How long a client may be silent before the server asks whether it is still there, in
   * milliseconds. A client that cannot see WebSocket pings sends a `ping` of its own about
   * this often. */
  ping_ms: number, } | { "t": "full",
  /** Which topic. */
  topic: Topic,
  /** Its version from now on. */
  rev: number,
  /** Its content: the type of [`crate::topics`] with the topic's name. */
  data: Stage | Results | Posts | Presence | Moderation | Me, } | { "t": "delta",
  /** Which topic. */
  topic: Topic,
  /** The version that the patch was made for. A client that holds another one ignores the
   * message and reconnects. */
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
  /** How long to wait before coming back, in milliseconds; absent when coming back is of no
   * use. */
  retry_ms?: number,
  /** What to put into the address as `retry` when coming back at that moment; there where
   * many came at once. */
  retry?: string, };

/** What an activity is set to, as its facilitator wrote it: its kind and everything
 * that the kind can be set to. */
export type Settings = { "kind": "choice" } & ChoicePoll | { "kind": "words" } & WordCloud | { "kind": "rating" } & Rating | { "kind": "open" } & TextWall | { "kind": "readings" } & RoomTest;

/** A published question. */
export type ShownPost = {
  /** The question. */
  text: string,
  /** How many support it, its author included. */
  votes: number,
  /** How many are against it; absent where one cannot be. */
  down?: number,
  /** When it was sent. */
  at: number,
  /** Who asks, if they say. */
  name?: string,
  /** Its labels; the private ones only for speakers. */
  labels?: Array<number>,
  /** Whether it stays above all others. */
  pinned?: boolean,
  /** Whether it was answered. */
  answered?: boolean,
  /** Whether a moderator has reworded it. */
  edited?: boolean,
  /** The reply in text. */
  reply?: string, };

/** A published text of an activity. */
export type ShownText = {
  /** The text. */
  text: string,
  /** Under what name it was sent, if its author says. */
  name?: string,
  /** How many people have sent it, or what was merged into it. */
  people: number,
  /** Whether it stays before all others. */
  pinned?: boolean, };

/** One of the slowest. */
export type Slow = {
  /** Where it was. */
  place: string,
  /** By which network. */
  network: string,
  /** By what. */
  link: NetworkKind,
  /** Its delay. */
  delay_ms: number, };

/** The topic `stage`. */
export type Stage = {
  /** The event. */
  event: Event,
  /** The activity on stage; absent on the waiting screen and after the end. */
  activity?: StagedActivity,
  /** How questions are taken. */
  qa: Qa,
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
  /** The version of its question, from 1; a change makes the next. */
  version: PromptVersion,
  /** Whether screens and phones see the results. */
  results: boolean,
  /** Its place in the rundown, from 1. */
  place: number,
  /** How many activities the rundown has. */
  of: number,
  /** When it closes by itself, by the server's clock: an answer that is committed then or later
   * is not counted. Only of an open activity. */
  closes_at?: number,
  /** What it asks. */
  prompt: Prompt, };

/** The counts of one activity's current answers. */
export type Tally = { "kind": "choice" } & ChoiceTally | { "kind": "words" } & WordsTally | { "kind": "rating" } & RatingTally | { "kind": "open" } & Texts | { "kind": "readings" } & Board;

/** A text wall. */
export type TextWall = {
  /** What is asked. */
  title: string,
  /** The most texts of one participant, those taken back not counted; absent: any number. */
  texts_per_person?: number,
  /** Whether a moderator approves each text before it is shown. */
  review: boolean,
  /** Under what name people write. */
  names: NamePolicy, };

/** The published texts of an activity whose answers are posts. What is merged into another is not
 * there. The order is: pinned first, then the newest. */
export type Texts = {
  /** The first of them, and the highlighted one. */
  texts: Record<string, ShownText>,
  /** How many there are, in the list above or not. */
  shown: number,
  /** Which one the screen shows large. */
  highlight?: PostId, };

/** A separately versioned part of a room. */
export type Topic = "stage" | "results" | "posts" | "moderation" | "presence" | "me";

/** Whether one can take part from somewhere; the later the worse. */
export type Verdict = "success" | "skipped" | "warning" | "failed";

/** How many are how. */
export type Verdicts = {
  /** Can take part. */
  success: number,
  /** Can take part, and something is to be changed. */
  warning: number,
  /** Cannot take part. */
  failed: number,
  /** Not known. */
  skipped: number, };

/** What a participant thinks of a question. */
export type Vote = "down" | "none" | "up";

/** A word cloud. */
export type WordCloud = {
  /** The question as the room reads it. */
  title: string,
  /** How many words each participant may have in the cloud. */
  words_per_person: number, };

/** The word filter of an event. */
export type WordFilter = {
  /** Whether it is on. */
  on: boolean,
  /** The languages whose word lists are used, as `en`, `fr`. */
  languages: Array<string>,
  /** The event's own words. */
  words: Array<string>, };

/** All the words of a participant: an answer replaces the former one whole. */
export type Words = {
  /** The words as typed; none takes back what was sent before. */
  words: Array<string>, };

/** The counts of a word cloud. */
export type WordsTally = {
  /** The most frequent words and how many participants sent each. */
  words: Record<string, number>,
  /** How many different words there are, shown or not. */
  distinct: number, };

/** The words of a cloud, or the texts under "other", as those see them who moderate. */
export type Written = {
  /** The most frequent ones that are shown, and how often each was sent. */
  shown: Record<string, number>,
  /** The most frequent ones that are hidden. */
  hidden?: Record<string, HiddenWord>,
  /** How many are hidden, in the list above or not. */
  hidden_words: number,
  /** Those that are counted as another one, and as which. */
  merged?: Record<string, string>, };
