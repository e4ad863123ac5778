import { IssuanceError } from './issuance-error.ts'

/** Times in milliseconds since the epoch, whole seconds. */
export interface Lifetime {
  readonly notBefore: number
  readonly notAfter: number
}

/** Of a certificate that is to be made. */
export interface PlannedLifetime extends Lifetime {
  /** It ends with its issuer, before the days that were asked for. */
  readonly isCut: boolean
}

/** How long: so many days from now, or up to a date; neither is the profile's default. */
export interface LifetimeRequest {
  readonly days?: number | undefined
  readonly notAfter?: Date | undefined
}

export interface LifetimeLimits {
  readonly defaultDays: number
  readonly maxDays: number
}

const millisecondsPerDay = 86_400_000
/** Clocks of clients lag: a certificate must not be "not yet valid" on the machine next to it. */
export const BACKDATE = 5 * 60_000

/**
 * From a little before now. A number of days ends with the issuer at the latest, as a chain is as good as its first date; a date that
 * somebody wrote is kept or refused. Throws IssuanceError for a time in the past, too long, or of an issuer that is not in force.
 */
export function lifetimeOf(request: LifetimeRequest, limits: LifetimeLimits, issuer: Lifetime | null, now: number): PlannedLifetime {
  const start = Math.floor(now / 1000) * 1000
  if (issuer !== null) checkIssuer(issuer, start)
  const latest = issuer?.notAfter ?? Number.POSITIVE_INFINITY
  const asked = request.notAfter === undefined ? lasting(request.days ?? limits.defaultDays, start) : until(request.notAfter, start)
  const notAfter = request.notAfter === undefined ? Math.min(asked, latest) : asked
  if (notAfter > latest) {
    throw new IssuanceError(
      'lifetime',
      `the certificate would outlive its issuer, which ends ${date(latest)}`,
      'ask for an earlier date, or rotate the authority',
    )
  }
  // A day of grace: people count years, not days.
  if (notAfter > start + (limits.maxDays + 1) * millisecondsPerDay) {
    throw new IssuanceError(
      'lifetime',
      `${Math.ceil((notAfter - start) / millisecondsPerDay)} days are too long`,
      `at most ${limits.maxDays} days are issued for this purpose`,
    )
  }
  return { notBefore: Math.max(start - BACKDATE, issuer?.notBefore ?? 0), notAfter, isCut: notAfter < asked }
}

function checkIssuer(issuer: Lifetime, now: number): void {
  if (issuer.notAfter <= now)
    throw new IssuanceError('authority', `the authority expired ${date(issuer.notAfter)}`, 'rotate it, or set the clock right')
  if (issuer.notBefore > now)
    throw new IssuanceError('authority', `the authority is not valid before ${date(issuer.notBefore)}`, 'is the clock right?')
}

function lasting(days: number, start: number): number {
  const seconds = Math.round(days * 86_400)
  if (!(seconds > 0))
    throw new IssuanceError('lifetime', days > 0 ? 'less than a second is no lifetime' : 'the number of days is not above zero')
  return start + seconds * 1000
}

function until(notAfter: Date, start: number): number {
  const end = Math.floor(notAfter.getTime() / 1000) * 1000
  if (Number.isNaN(end)) throw new IssuanceError('lifetime', 'the end is not a date', 'write it as 2030-01-31 or 2030-01-31T12:00:00Z')
  if (end <= start) throw new IssuanceError('lifetime', `the end ${date(end)} is in the past`)
  return end
}

const date = (milliseconds: number): string => new Date(milliseconds).toISOString().replace('.000Z', 'Z')
