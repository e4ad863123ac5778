import { html, nothing, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import { count } from '../format.ts'
import { button } from './button.ts'
import { icon } from './icon.ts'

export interface Column<Row> {
  readonly key: string
  readonly label: string
  /** Its header is a button that sorts by it; the server does, by `key`. */
  readonly isSortable?: boolean
  /** Digits stand under each other, to the right. */
  readonly isNumeric?: boolean
  /** Names its row to screen readers; one of the columns. */
  readonly isHeading?: boolean
  /** In which order it makes room where the window is narrow, unless the rows are sorted by it. */
  readonly gives?: 'first' | 'second' | 'third'
  cell(row: Row): unknown
}

export interface Sort {
  readonly key: string
  readonly order: 'asc' | 'desc'
}

export interface Paging {
  /** Of the first row, counted from 0. */
  readonly from: number
  readonly size: number
  readonly total: number
  turn(from: number): void
}

export interface TableOptions<Row> {
  /** What it lists; read out, not seen. */
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly sort?: Sort
  readonly paging?: Paging
  /** Other rows are on their way. */
  readonly isBusy?: boolean
  /** In place of rows where there are none. */
  readonly empty?: unknown
  keyOf(row: Row): string | number
  sorted?(sort: Sort): void
}

/** Rows as the server pages them. On a phone each row is a card whose cells say their column. */
export function dataTable<Row>(options: TableOptions<Row>): TemplateResult {
  const { caption, columns, rows, paging, empty, isBusy = false } = options
  if (rows.length === 0 && empty !== undefined) return html`${empty}`
  return html`<div class="table-frame" aria-busy=${isBusy}>
    <table class="table" role="table">
      <caption class="visually-hidden">${caption}</caption>
      <thead role="rowgroup"><tr role="row">${columns.map((column) => headCell(column, options))}</tr></thead>
      <tbody role="rowgroup">${repeat(
        rows,
        (row) => options.keyOf(row),
        (row) => html`<tr role="row">${columns.map((column) => bodyCell(column, row, givenUp(column, options)))}</tr>`,
      )}</tbody>
    </table>
    ${paging === undefined ? nothing : pager(paging, rows.length)}
  </div>`
}

function givenUp<Row>({ key, gives }: Column<Row>, { sort }: TableOptions<Row>): string | typeof nothing {
  return gives === undefined || sort?.key === key ? nothing : gives
}

function headCell<Row>(column: Column<Row>, options: TableOptions<Row>): TemplateResult {
  const { key, label, isNumeric = false } = column
  const { sort, sorted } = options
  const gives = givenUp(column, options)
  if (column.isSortable !== true || sorted === undefined)
    return html`<th scope="col" role="columnheader" data-gives=${gives} data-numeric=${isNumeric}>${label}</th>`
  const order = sort?.key === key ? sort.order : null
  const next: Sort = { key, order: order === 'asc' ? 'desc' : 'asc' }
  const told = order === null ? nothing : order === 'asc' ? 'ascending' : 'descending'
  return html`<th scope="col" role="columnheader" data-gives=${gives} data-numeric=${isNumeric} aria-sort=${told}>
    <button class="sort" type="button" @click=${() => sorted(next)}>${label}${order === null ? nothing : icon(order === 'asc' ? 'chevronUp' : 'chevronDown')}</button>
  </th>`
}

/** Roles are said, because a table that is laid out as cards has lost them in some browsers. */
function bodyCell<Row>({ label, isNumeric = false, isHeading = false, cell }: Column<Row>, row: Row, gives: unknown): TemplateResult {
  const content = html`<span class="cell-label" aria-hidden="true">${label}</span><span class="cell">${cell(row)}</span>`
  if (isHeading) return html`<th scope="row" role="rowheader" data-numeric=${isNumeric}>${content}</th>`
  return html`<td role="cell" data-gives=${gives} data-numeric=${isNumeric}>${content}</td>`
}

function pager({ from, size, total, turn }: Paging, shown: number): TemplateResult {
  const first = total === 0 ? 0 : from + 1
  return html`<nav class="pager" aria-label="Pages">
    <p role="status">${count(first)}–${count(from + shown)} of ${count(total)}</p>
    ${button({ label: 'Previous', icon: 'chevronLeft', whyNot: from === 0 ? 'This is the first page.' : null, act: () => turn(Math.max(0, from - size)) })}
    ${button({ label: 'Next', icon: 'chevronRight', whyNot: from + shown >= total ? 'This is the last page.' : null, act: () => turn(from + size) })}
  </nav>`
}
