/** Apart from the router, which knows the pages: they may go elsewhere without knowing each other. */
let follow: (() => void) | null = null

export function onGo(following: () => void): void {
  follow = following
}

/** To another address of the console, e.g. `/console/certificates?state=revoked`. */
export function go(target: string): void {
  history.pushState(null, '', target)
  follow?.()
}

/** Filters and the like belong to the address, and are no step of the history each. */
export function keepQuery(query: URLSearchParams): void {
  const text = query.toString()
  history.replaceState(null, '', text === '' ? location.pathname : `${location.pathname}?${text}`)
}
