/** Nearer than that, a date alone says too little. */
const NEAR = 2 * 86_400_000

/** Until when, for people: a date, with the minute where it is near. */
export function endText(end: string | number, now = Date.now()): string {
  const moment = new Date(end)
  const text = moment.toISOString()
  return Math.abs(moment.getTime() - now) < NEAR ? `${text.slice(0, 16).replace('T', ' ')} UTC` : text.slice(0, 10)
}
