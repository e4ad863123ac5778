import { html, svg, type TemplateResult } from 'lit-html'

/** Drawn on 24 by 24 with strokes of the text's colour. */
const PATHS = {
  activity: svg`<path d="M22 12h-4l-3 9L9 3l-3 9H2"/>`,
  alert: svg`<path d="M12 3 1.8 20.5h20.4z"/><path d="M12 10v4.5M12 17.6v.1"/>`,
  award: svg`<circle cx="12" cy="9" r="6"/><path d="m8.5 14-1.3 8L12 19l4.8 3-1.3-8"/>`,
  check: svg`<path d="m4 12.5 5.2 5.2L20 7"/>`,
  chevronDown: svg`<path d="m6 9 6 6 6-6"/>`,
  chevronUp: svg`<path d="m6 15 6-6 6 6"/>`,
  chevronLeft: svg`<path d="m15 6-6 6 6 6"/>`,
  chevronRight: svg`<path d="m9 6 6 6-6 6"/>`,
  clock: svg`<circle cx="12" cy="12" r="9"/><path d="M12 7v5.2l3.4 2"/>`,
  copy: svg`<rect x="9" y="9" width="12" height="12" rx="2"/><path d="M5 15H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v1"/>`,
  dots: svg`<circle cx="5" cy="12" r="1"/><circle cx="12" cy="12" r="1"/><circle cx="19" cy="12" r="1"/>`,
  download: svg`<path d="M12 3v12m-5-5 5 5 5-5M4 21h16"/>`,
  edit: svg`<path d="M4 20h4L19.5 8.5l-4-4L4 16z"/><path d="m13 7 4 4"/>`,
  list: svg`<path d="M8 6h13M8 12h13M8 18h13M3.5 6v.1M3.5 12v.1M3.5 18v.1"/>`,
  minus: svg`<path d="M5 12h14"/>`,
  monitor: svg`<rect x="2.5" y="4" width="19" height="13" rx="2"/><path d="M8 21h8m-4-4v4"/>`,
  moon: svg`<path d="M20.5 14.2A8.6 8.6 0 0 1 9.8 3.5a8.6 8.6 0 1 0 10.7 10.7z"/>`,
  plus: svg`<path d="M12 5v14M5 12h14"/>`,
  refresh: svg`<path d="M20.5 12a8.5 8.5 0 1 1-2.5-6L21 9m0-5v5h-5"/>`,
  route: svg`<circle cx="6" cy="19" r="2.5"/><circle cx="18" cy="5" r="2.5"/><path d="M8.5 19H16a3.5 3.5 0 0 0 0-7H8a3.5 3.5 0 0 1 0-7h7.5"/>`,
  search: svg`<circle cx="11" cy="11" r="7"/><path d="m20.5 20.5-4.5-4.5"/>`,
  shield: svg`<path d="M12 2.5 4 5.8v5.7c0 4.9 3.3 8.5 8 10 4.7-1.5 8-5.1 8-10V5.8z"/><path d="m8.5 12 2.5 2.5 4.5-5"/>`,
  slash: svg`<circle cx="12" cy="12" r="9"/><path d="m5.7 5.7 12.6 12.6"/>`,
  sun: svg`<circle cx="12" cy="12" r="4.2"/><path d="M12 2v2m0 16v2M4.9 4.9l1.4 1.4m11.4 11.4 1.4 1.4M2 12h2m16 0h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4"/>`,
  trash: svg`<path d="M4 7h16M9 7V4h6v3M6.5 7l1 14h9l1-14M10 11v6m4-6v6"/>`,
  upload: svg`<path d="M12 16V4m-5 5 5-5 5 5M4 21h16"/>`,
  user: svg`<circle cx="12" cy="8" r="4"/><path d="M4 21c.6-4.2 3.9-6.5 8-6.5s7.4 2.3 8 6.5"/>`,
  users: svg`<circle cx="9" cy="8" r="3.8"/><path d="M2 21c.5-4 3.3-6.2 7-6.2S15.5 17 16 21M16 4.5a3.8 3.8 0 0 1 0 7M18 15c2.3.8 3.7 2.9 4 6"/>`,
  x: svg`<path d="M6 6l12 12M18 6 6 18"/>`,
} as const

export type IconName = keyof typeof PATHS

/** Says nothing to a screen reader: words stand beside it, or in the label of its button. */
export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" width="16" height="16" aria-hidden="true" focusable="false">${PATHS[name]}</svg>`
}
