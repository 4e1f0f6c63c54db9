/** Compares with what the element holds now instead of with what was drawn last: for fields that people type into. */
export function live(value: unknown): unknown;
