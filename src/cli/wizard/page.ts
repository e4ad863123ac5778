import { createHash } from 'node:crypto'
import type { CertgateError } from '../../errors.ts'
import { escapeHtml } from '../../gateway/refusal/html-page.ts'
import type { Problems } from './form.ts'

const STYLE =
  ':root{color-scheme:light dark;font:16px/1.55 system-ui,sans-serif;--line:light-dark(#d6dae1,#363c47);--edge:light-dark(#7a8494,#8b95a5);' +
  '--soft:light-dark(#545d6b,#a6afbd);--link:light-dark(#0b57c2,#8ab4ff);--wrong:light-dark(#b3261e,#ff9d94);' +
  'background:light-dark(#f5f6f8,#14171c);color:light-dark(#171b22,#e6e9ee)}*{box-sizing:border-box}' +
  'body{max-width:42rem;margin:6vh auto;padding:0 1.25rem}main{background:light-dark(#fff,#1b1f26);border:1px solid var(--line);' +
  'border-radius:.75rem;padding:2rem;overflow-wrap:anywhere}h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}h2{font-size:1.125rem;margin:2rem 0 .5rem}' +
  'p{margin:0 0 .75rem}a{color:var(--link)}nav ol{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;padding:0;margin:0 0 1rem;' +
  'font-size:.875rem;color:var(--soft)}nav [aria-current]{color:inherit;font-weight:600;text-decoration:underline;text-underline-offset:.3em}' +
  '.field{margin:0 0 1.25rem}label,legend{font-weight:600;padding:0}fieldset{border:0;padding:0;margin:0 0 1.25rem;min-width:0}' +
  '.choice{display:flex;gap:.6rem;align-items:baseline;margin:.35rem 0}.choice label{font-weight:400}.inset{margin:.75rem 0 0 1.6rem}' +
  // What belongs to a choice is for who made it; what is wrong with it stays to be seen.
  '.choice:has(input:not(:checked))+.inset:not(:has(.problem)){display:none}' +
  '.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}' +
  '.hint{color:var(--soft);font-size:.875rem;margin:.1rem 0 .35rem}.problem{color:var(--wrong);font-weight:600;margin:.1rem 0 .35rem}' +
  'input:not([type=radio]){display:block;width:100%;font:inherit;color:inherit;background:light-dark(#fff,#14171c);' +
  'border:1px solid var(--edge);border-radius:.375rem;padding:.5rem .65rem}input[aria-invalid]{border-color:var(--wrong);border-width:2px}' +
  'button,.button{display:inline-block;font:inherit;font-weight:600;border:1px solid transparent;border-radius:.375rem;padding:.55rem 1.1rem;' +
  'background:light-dark(#0b57c2,#8ab4ff);color:light-dark(#fff,#10131a);cursor:pointer;text-decoration:none}' +
  ':focus-visible{outline:3px solid var(--link);outline-offset:2px}.actions{display:flex;gap:1.25rem;align-items:center;margin-top:1.75rem}' +
  '.note{border-left:4px solid light-dark(#9a6700,#e0b341);padding:.25rem 0 .25rem .9rem;margin:0 0 1.25rem}' +
  '.wrong{border-left:4px solid var(--wrong);padding:.25rem 0 .25rem .9rem;margin:0 0 1.25rem}.wrong ul{margin:.25rem 0 0;padding-left:1.25rem}' +
  'dl{display:grid;grid-template-columns:max-content 1fr;gap:.5rem 1.25rem;margin:0 0 1rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}' +
  'code,pre{font-family:ui-monospace,monospace;font-size:.9em;overflow-wrap:anywhere;white-space:pre-wrap}' +
  'pre{background:light-dark(#f0f2f5,#14171c);border-radius:.375rem;padding:.75rem;margin:0 0 .75rem}.secret{font-size:1.15rem;user-select:all}' +
  'details{border-top:1px solid var(--line);padding:.5rem 0}summary{cursor:pointer}details ol{margin:.5rem 0;padding-left:1.5rem}' +
  '@media(max-width:30rem){body{margin:1rem auto}main{padding:1.25rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6rem}}'

/** Nothing is loaded or framed, nothing runs, and forms go nowhere else; the one style sheet is named by its hash. */
export const POLICY =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

export interface PageParts {
  readonly title: string
  /** HTML above the heading: where one stands. */
  readonly steps?: string
  readonly problems?: Problems
  /** HTML. */
  readonly content: string
}

export function page({ title, steps = '', problems, content }: PageParts): string {
  const wrong = problems === undefined || problems.size === 0 ? '' : problemList(problems)
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${wrong === '' ? '' : 'Problem: '}${escapeHtml(title)} - certgate setup</title><style>${STYLE}</style></head>
<body>${steps}<main><h1>${escapeHtml(title)}</h1>${wrong}${content}</main></body>
</html>
`
}

/** A message of ours begins small and has no full stop. */
export function sentence(text: string): string {
  return escapeHtml(`${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?:]$/.test(text) ? '' : '.'}`)
}

function problemList(problems: Problems): string {
  const items = [...problems].map(([field, problem]) => {
    const text = sentence(problem.message)
    return `<li>${field === '' ? `${text}${hintOf(problem)}` : `<a href="#${field}">${text}</a>`}</li>`
  })
  return `<div class="wrong" role="alert"><strong>That did not work</strong><ul>${items.join('')}</ul></div>`
}

const hintOf = ({ hint }: CertgateError): string => (hint === undefined ? '' : ` ${sentence(hint)}`)

export interface Field {
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'password' | 'file'
  readonly value?: string
  readonly hint?: string
  /** More attributes, as HTML. */
  readonly more?: string
}

export function fieldHtml({ name, label, type = 'text', value, hint, more = '' }: Field, problems: Problems): string {
  const problem = problems.get(name)
  const described = [hint === undefined ? '' : `${name}-hint`, problem === undefined ? '' : `${name}-problem`].filter((id) => id !== '')
  const isFirst = problems.keys().next().value === name
  return (
    `<div class="field"><label for="${name}">${escapeHtml(label)}</label>` +
    (hint === undefined ? '' : `<p class="hint" id="${name}-hint">${escapeHtml(hint)}</p>`) +
    (problem === undefined ? '' : `<p class="problem" id="${name}-problem">${sentence(problem.message)}${hintOf(problem)}</p>`) +
    `<input id="${name}" name="${name}" type="${type}"${value === undefined ? '' : ` value="${escapeHtml(value)}"`}` +
    `${described.length === 0 ? '' : ` aria-describedby="${described.join(' ')}"`}${problem === undefined ? '' : ' aria-invalid="true"'}` +
    `${isFirst ? ' autofocus' : ''} spellcheck="false"${more === '' ? '' : ` ${more}`}></div>`
  )
}

export interface Choice {
  readonly value: string
  readonly label: string
  /** HTML that belongs to it. */
  readonly inset?: string
}

export function choicesHtml(name: string, legend: string, choices: readonly Choice[], chosen: string): string {
  const items = choices.map(
    ({ value, label, inset }) =>
      `<div class="choice"><input type="radio" id="${name}-${value}" name="${name}" value="${value}"${value === chosen ? ' checked' : ''}>` +
      `<label for="${name}-${value}">${escapeHtml(label)}</label></div>${inset === undefined ? '' : `<div class="inset">${inset}</div>`}`,
  )
  return `<fieldset><legend>${escapeHtml(legend)}</legend>${items.join('')}</fieldset>`
}

export const noteHtml = (text: string): string => `<p class="note">${sentence(text)}</p>`
