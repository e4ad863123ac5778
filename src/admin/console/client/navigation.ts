/** Apart from the router, which knows the pages: they may go elsewhere without knowing each other. */
let follow: (() => void) | null = null

export function onGo(following: () => void): void {
  follow = following
}

/** Asks whether the page may be left. */
let mayLeave: (() => Promise<boolean>) | null = null

/** For a page that holds what was not saved: it is asked before another address is gone to, until `signal` is aborted. */
export function guardLeaving(signal: AbortSignal, ask: () => Promise<boolean>): void {
  mayLeave = ask
  signal.addEventListener('abort', () => {
    if (mayLeave === ask) mayLeave = null
  })
}

/** The question is open: it is not asked again on top of itself. */
let isAsking = false

/** To another address of the console, e.g. `/console/certificates?state=revoked`. */
export function go(target: string): void {
  const move = (): void => {
    history.pushState(null, '', target)
    follow?.()
  }
  if (mayLeave === null) move()
  else if (!isAsking) void asked(mayLeave).then((may) => may && move())
}

async function asked(ask: () => Promise<boolean>): Promise<boolean> {
  isAsking = true
  try {
    return await ask()
  } finally {
    isAsking = false
  }
}

/** A number for each address that was opened: who began something on one can tell whether it was left. */
let visits = 0
export const visit = (): number => visits

export function arrived(): void {
  visits++
}

/** The browser went to another address of the history. True: the page at `address` has to be asked first, and then it goes as by a link. */
export function isHeld(address: string): boolean {
  const target = location.pathname + location.search
  if (mayLeave === null || target === address) return false
  history.pushState(null, '', address)
  go(target)
  return true
}

/** Filters and the like belong to the address, and are no step of the history each. */
export function keepQuery(query: URLSearchParams): void {
  const text = query.toString()
  history.replaceState(null, '', text === '' ? location.pathname : `${location.pathname}?${text}`)
}
