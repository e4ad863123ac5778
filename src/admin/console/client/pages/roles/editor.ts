import { html, nothing, type TemplateResult } from 'lit-html'
import { guard } from 'lit-html/directives/guard.js'
import { live } from 'lit-html/directives/live.js'
import type { FileProblem, JudgedMapping } from '../../api-types.ts'
import { plural } from '../../format.ts'
import { badge } from '../../parts/badge.ts'
import { problemList } from '../../parts/code.ts'
import { failure } from '../../parts/states.ts'
import { type Loaded, State } from '../../store.ts'

export interface EditorOptions {
  readonly text: string
  /** Why it is only read; null: it is edited. */
  readonly whyNot: string | null
  readonly judged: Loaded<JudgedMapping>
  readonly isBehind: boolean
  changed(text: string): void
}

const INDENT = '  '
/** Problems that are listed: who has more mends the first ones first. */
const MOST_LISTED = 50
/** Tab leaves the editor, as everywhere else, until something else is typed. */
const leaves = new State(false)

export function editor(options: EditorOptions): TemplateResult {
  const { text, whyNot, judged, changed } = options
  const found = judged.kind === 'ready' ? judged.value : null
  const own = found === null ? [] : found.problems.filter(({ file }) => file === found.file)
  const typed = ({ target }: Event): void => changed((target as HTMLTextAreaElement).value)
  const invalid = own.some(({ severity }) => severity === 'error')
  return html`<div class="editor">
      <div class="gutter" aria-hidden="true">${guard([countLines(text), judged], () => gutter(countLines(text), own))}</div>
      <textarea class="editor-text" id="mapping-text" aria-label="roles_mapping.yml" aria-describedby="mapping-keys" aria-invalid=${invalid ? 'true' : nothing}
        spellcheck="false" autocomplete="off" autocapitalize="off" wrap="off" ?readonly=${whyNot !== null} .value=${live(text)}
        @input=${typed} @keydown=${whyNot === null ? pressed : nothing} @blur=${stay} @scroll=${scrolled}></textarea>
    </div>
    <p class="editor-keys muted" id="mapping-keys">${whyNot ?? 'Tab indents, Shift+Tab takes it back. To leave by keyboard: Escape, then Tab.'}</p>
    <p class="visually-hidden" role="status">${leaves.value ? 'Tab now leaves the editor.' : ''}</p>
    ${verdict(options, own)}`
}

function verdict({ judged, isBehind, text }: EditorOptions, own: readonly FileProblem[]): TemplateResult {
  if (judged.kind === 'failed') return failure(judged.error)
  const problems = judged.kind === 'ready' ? judged.value.problems : []
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const warnings = problems.length - errors
  const words = [errors > 0 ? plural(errors, 'error') : '', warnings > 0 ? plural(warnings, 'warning') : ''].filter((word) => word !== '')
  const state =
    judged.kind !== 'ready' || isBehind
      ? badge('info', 'Checking')
      : errors > 0
        ? badge('bad', words.join(', '))
        : warnings > 0
          ? badge('warn', words.join(', '))
          : badge('good', 'No problems')
  const toLine = (problem: FileProblem) => (own.includes(problem) ? () => goTo(text, problem.line) : null)
  return html`<div class="verdict">
    <p role="status" aria-live="polite">${state}</p>
    ${problems.length === 0 ? nothing : problemList(problems.slice(0, MOST_LISTED), toLine)}
    ${problems.length > MOST_LISTED ? html`<p class="muted">and ${plural(problems.length - MOST_LISTED, 'more problem')}</p>` : nothing}
  </div>`
}

/** Numbers as one text, but for lines with a problem: those have a mark. */
function gutter(lines: number, problems: readonly FileProblem[]): unknown {
  const marks = new Map<number, FileProblem['severity']>()
  for (const { line, severity } of problems.toSorted((a, b) => (a.severity === b.severity ? 0 : a.severity === 'error' ? 1 : -1)))
    marks.set(line, severity)
  const parts: unknown[] = []
  let plain = ''
  for (let line = 1; line <= lines; line++) {
    const mark = marks.get(line)
    if (mark === undefined) {
      plain += `${line}\n`
      continue
    }
    parts.push(
      plain,
      html`<span class="gutter-mark" data-tone=${mark === 'error' ? 'bad' : 'warn'}>${mark === 'error' ? '✕' : '!'} ${line}${'\n'}</span>`,
    )
    plain = ''
  }
  return html`<pre>${parts}${plain}</pre>`
}

function countLines(text: string): number {
  let lines = 1
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

function scrolled({ target }: Event): void {
  const text = target as HTMLTextAreaElement
  const numbers = text.parentElement?.querySelector('.gutter')
  if (numbers != null) numbers.scrollTop = text.scrollTop
}

function stay(): void {
  leaves.value = false
}

function pressed(event: KeyboardEvent): void {
  if (event.key === 'Escape') {
    leaves.value = true
    return
  }
  if (event.key === 'Shift') return
  if (event.key !== 'Tab' || event.ctrlKey || event.altKey || event.metaKey) {
    leaves.value = false
    return
  }
  if (leaves.value) return
  event.preventDefault()
  indent(event.target as HTMLTextAreaElement, event.shiftKey)
}

/** What is selected, or the line that the caret is in where it goes back. */
function indent(field: HTMLTextAreaElement, isBack: boolean): void {
  const { value, selectionStart, selectionEnd } = field
  const isOne = selectionStart === selectionEnd
  if (isOne && !isBack) {
    insert(field, INDENT)
    return
  }
  const start = value.lastIndexOf('\n', selectionStart - 1) + 1
  const lines = value.slice(start, selectionEnd)
  const moved = isBack ? lines.replace(/^ {1,2}/gm, '') : lines.replace(/^(?=.)/gm, INDENT)
  if (moved === lines) return
  field.setSelectionRange(start, selectionEnd)
  insert(field, moved)
  if (isOne) field.setSelectionRange(start + moved.length, start + moved.length)
  else field.setSelectionRange(start, start + moved.length)
}

/** As if it was typed: the browser's own undo takes it back, which nothing newer does. */
function insert(field: HTMLTextAreaElement, text: string): void {
  if (document.execCommand('insertText', false, text)) return
  field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end')
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

/** Selects a line and brings it into view. */
function goTo(text: string, line: number): void {
  const field = document.querySelector<HTMLTextAreaElement>('#mapping-text')
  if (field === null) return
  let start = 0
  for (let at = 1; at < line; at++) {
    const next = text.indexOf('\n', start)
    if (next === -1) break
    start = next + 1
  }
  const end = text.indexOf('\n', start)
  field.focus({ preventScroll: true })
  field.setSelectionRange(start, end === -1 ? text.length : end)
  const height = Number.parseFloat(getComputedStyle(field).lineHeight)
  field.scrollTop = Math.max(0, (line - 1) * height - field.clientHeight / 2)
  field.scrollIntoView({ block: 'nearest' })
}
