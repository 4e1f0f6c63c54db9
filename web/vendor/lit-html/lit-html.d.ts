// The part of lit-html that the studio uses.

/** What a template draws; opaque. */
export interface TemplateResult {
  readonly _$litType$: number;
  readonly strings: TemplateStringsArray;
  readonly values: unknown[];
}

/** Draws HTML; values are escaped. */
export function html(strings: TemplateStringsArray, ...values: unknown[]): TemplateResult;
/** Draws a part of an SVG. */
export function svg(strings: TemplateStringsArray, ...values: unknown[]): TemplateResult;
/** Draws nothing; as an attribute's value it removes the attribute. */
export const nothing: unique symbol;
/** Leaves what is there as it is. */
export const noChange: unique symbol;
/** Draws a template into an element, changing only what differs from last time. */
export function render(value: unknown, container: HTMLElement): unknown;
