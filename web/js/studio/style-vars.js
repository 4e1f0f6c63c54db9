// Sets CSS variables of an element from a template. A `style` attribute would be refused by the content security
// policy; setting a property of the element's style is not.

import { noChange } from '../../vendor/lit-html/lit-html.js'
import { Directive, directive } from '../../vendor/lit-html/directive.js'

class StyleVars extends Directive {
  /** @param {Record<string, string>} _values */
  render(_values) {
    return noChange
  }

  /**
   * @param {import("../../vendor/lit-html/directive.js").ElementPart} part
   * @param {[Record<string, string>]} values
   */
  update(part, [values]) {
    const { style } = /** @type {HTMLElement} */ (part.element)
    for (const [name, value] of Object.entries(values)) style.setProperty(name, value)
    return noChange
  }
}

/** In a template: `<i ${styleVars({ "--share": "44%" })}></i>`. */
export const styleVars = directive(StyleVars)
