import { arrived, go, isHeld, keepQuery, onGo } from './navigation.ts'
import { PAGES } from './pages/index.ts'
import type { OpenedPage, PageEntry } from './pages/page.ts'
import { giveUpDialogs } from './parts/dialog.ts'
import { redraw } from './store.ts'

const ROOT = '/console/'

/** What is shown: a page that is there or comes, one that could not be had, or an address that is none. */
export type Shown =
  | { readonly kind: 'opening'; readonly entry: PageEntry }
  | { readonly kind: 'open'; readonly entry: PageEntry; readonly page: OpenedPage }
  | { readonly kind: 'failed'; readonly entry: PageEntry; readonly error: unknown }
  | { readonly kind: 'unknown' }

export let shown: Shown = { kind: 'unknown' }

let left = new AbortController()
let address = ''
/** Whether focus has to go to the heading of what comes: never at the first page, whose reader begins at the top. */
let isMoving = false
/** The one that took the focus last. */
let heading: HTMLElement | null = null

export function startRouter(): void {
  addEventListener('popstate', () => {
    if (!isHeld(address)) void follow()
  })
  onGo(() => {
    isMoving = true
    scrollTo(0, 0)
    void follow()
  })
  document.addEventListener('click', (event) => {
    const url = ownTarget(event)
    if (url === null) return
    event.preventDefault()
    go(url.pathname + url.search)
  })
  void follow()
}

/** To be called after each drawing. */
export function settle(): void {
  if (address === '') return
  const title = shown.kind === 'unknown' ? 'Not found' : shown.kind === 'open' ? shown.page.title() : shown.entry.label
  document.title = `${title} · certgate ${location.host}`
  if (shown.kind === 'opening') return
  // A page that draws itself anew once its content is there takes the heading, and the focus on it, away.
  const isLost = heading !== null && !heading.isConnected && document.activeElement === document.body
  if (!isMoving && !isLost) return
  isMoving = false
  heading = document.querySelector<HTMLElement>('main h1')
  heading?.focus()
}

async function follow(): Promise<void> {
  const { pathname, search } = location
  // An anchor within the page, or the page itself again: the focus goes to its heading now, and to nothing later.
  if (address === pathname + search) return redraw()
  address = pathname + search
  arrived()
  // With what they are about; the focus goes to what comes.
  if (giveUpDialogs()) isMoving = true
  left.abort()
  left = new AbortController()
  const { signal } = left
  const found = match(pathname)
  if (found === null) {
    show({ kind: 'unknown' })
    return
  }
  const { entry, parameters } = found
  show({ kind: 'opening', entry })
  try {
    const { open } = await entry.load()
    if (signal.aborted) return
    const query = new URLSearchParams(search)
    // What a page that was left still waits for has no say in the address of another.
    const keep = (query: URLSearchParams): void => (signal.aborted ? undefined : rewrite(query))
    show({ kind: 'open', entry, page: open({ signal, parameters, query, keepQuery: keep }) })
  } catch (error) {
    if (!signal.aborted) show({ kind: 'failed', entry, error })
  }
}

/** The page that is open stays. */
function rewrite(query: URLSearchParams): void {
  keepQuery(query)
  address = location.pathname + location.search
}

function show(next: Shown): void {
  shown = next
  redraw()
}

function match(pathname: string): { readonly entry: PageEntry; readonly parameters: ReadonlyMap<string, string> } | null {
  if (!pathname.startsWith(ROOT)) return null
  const given = pathname.slice(ROOT.length).split('/')
  for (const entry of PAGES) {
    const parts = entry.path.split('/')
    if (parts.length !== given.length) continue
    const parameters = new Map<string, string>()
    const fits = parts.every((part, index) => {
      const value = given[index] ?? ''
      if (!part.startsWith('{')) return part === value
      parameters.set(part.slice(1, -1), decoded(value))
      return value !== ''
    })
    if (fits) return { entry, parameters }
  }
  return null
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Where a click leads within the console; null: the browser's to follow. */
function ownTarget(event: MouseEvent): URL | null {
  const { button, ctrlKey, metaKey, shiftKey, altKey, defaultPrevented, target } = event
  if (defaultPrevented || button !== 0 || ctrlKey || metaKey || shiftKey || altKey) return null
  const link = target instanceof Element ? target.closest('a') : null
  if (link === null || link.target !== '' || link.hasAttribute('download') || link.getAttribute('href')?.startsWith('#')) return null
  const url = new URL(link.href)
  return url.origin === location.origin && url.pathname.startsWith(ROOT) ? url : null
}
