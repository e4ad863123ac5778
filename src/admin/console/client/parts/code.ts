import { html, nothing, type TemplateResult } from 'lit-html'
import type { FileProblem } from '../api-types.ts'
import { count } from '../format.ts'
import { diffLines } from './diff.ts'
import { icon } from './icon.ts'

/** Text as it stands in a file. It can be scrolled by keyboard. `label` names it for who does not see it. */
export function codeBlock(text: string, label: string): TemplateResult {
  return html`<pre class="code" tabindex="0" role="region" aria-label=${label}><code>${text}</code></pre>`
}

/**
 * What is wrong in files: where, the line itself, and what to do. `toLine`: goes to the place of a problem in something that is shown; null:
 * it is elsewhere.
 */
export function problemList(
  problems: readonly FileProblem[],
  toLine: (problem: FileProblem) => (() => void) | null = () => null,
): TemplateResult {
  return html`<ul class="problems">
    ${problems.map((problem) => {
      const { severity, message, file, line, column, snippet, hint } = problem
      const go = toLine(problem)
      return html`<li data-tone=${severity === 'error' ? 'bad' : 'warn'}>
        <p>${icon(severity === 'error' ? 'x' : 'alert')}<strong>${severity === 'error' ? 'Error' : 'Warning'}:</strong> ${message}</p>
        <p class="muted">${go === null ? `${file}:${line}:${column}` : html`<button class="link" type="button" @click=${go}>Line ${line}, column ${column}</button>`}</p>
        ${snippet === '' ? nothing : codeBlock(snippet, `${file}, line ${line}`)}
        ${hint === undefined ? nothing : html`<p>${hint}</p>`}
      </li>`
    })}
  </ul>`
}

/** Lines of a difference: nobody reads more, and a page with more hangs. */
const MOST_SHOWN = 2_000
const SIGNS = { same: ' ', added: '+', removed: '−' } as const
const WORDS = { same: '', added: 'added: ', removed: 'removed: ' } as const

/** Two texts, line by line, with a few of the unchanged lines around each change. */
export function diffView(before: string, after: string, label: string): TemplateResult {
  const all = diffLines(before, after)
  const lines = all.slice(0, MOST_SHOWN)
  if (lines.every(({ kind }) => kind === 'same')) return html`<p class="muted">Nothing differs.</p>`
  return html`<pre class="code diff" tabindex="0" role="region" aria-label=${label}>${lines.map(({ kind, text }) =>
    kind === 'skipped'
      ? html`<span class="diff-line" data-kind="skipped">⋯ ${text}</span>`
      : html`<span class="diff-line" data-kind=${kind}><span aria-hidden="true">${SIGNS[kind]} </span><span class="visually-hidden">${WORDS[kind]}</span>${text}</span>`,
  )}${all.length > MOST_SHOWN ? html`<span class="diff-line" data-kind="skipped">⋯ and ${count(all.length - MOST_SHOWN)} more lines</span>` : nothing}</pre>`
}
