import type { Setup } from './types.ts'

/** Two headers, no log, one user, one route, one worker: what every peer can be compared in. */
export function isPlainSetup({ headers, accessLog, users, routes, workers }: Setup): boolean {
  return headers === 'two' && !accessLog && users === 1 && routes === 1 && workers === 1
}
