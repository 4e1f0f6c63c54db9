// The part of lit-html's directives that the studio uses.

/** An element that a directive is applied to. */
export interface ElementPart {
  readonly element: Element;
}
/** Where a value is drawn as content: between two marks. */
export interface ChildPart {
  readonly startNode: Node | null;
}
/** What a directive is told when it is made. */
export interface PartInfo {
  readonly type: number;
}
/** Something that acts on a part of a template. */
export class Directive {
  constructor(part: PartInfo);
}
/** Makes the function that is used in templates. */
export function directive<A extends unknown[]>(
  made: new (part: PartInfo) => Directive & { render(...values: A): unknown },
): (...values: A) => unknown;
