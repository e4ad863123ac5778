import type { TemplateResult } from 'lit-html'
import type { IconName } from '../parts/icon.ts'

/** What a page is opened with. */
export interface PageContext {
  /** Aborted when the page is left: give it to every fetch, listener and timer. */
  readonly signal: AbortSignal
  /** From `{name}` in its path, decoded. */
  readonly parameters: ReadonlyMap<string, string>
  /** Of the address as it was opened. */
  readonly query: URLSearchParams
  /** Writes filters into the address. */
  keepQuery(query: URLSearchParams): void
}

/** A page that is open. Drawn by its whole state each time that something is set. */
export interface OpenedPage {
  /** For the tab and the history. */
  title(): string
  /** Begins with `pageHeading`: its h1 takes the focus when one comes here. */
  view(): TemplateResult
}

/** One line of the table of pages. */
export interface PageEntry {
  /** Below `/console/`; a segment `{name}` stands for any. The server has to know it too: VIEW in console.ts. */
  readonly path: string
  readonly label: string
  /** null: no place in the navigation, e.g. one certificate; `under` says which place is lit then. */
  readonly icon: IconName | null
  readonly under?: string
  load(): Promise<{ open(context: PageContext): OpenedPage }>
}
