import type { InternalUser } from '../../config/settings.ts'
import { PasswordCheck, type PasswordServices } from '../../gateway/authentication/password-check.ts'
import { verifyPassword } from '../../gateway/authentication/password-hash.ts'
import { PASSWORD_QUEUE } from '../../gateway/authentication/password-queue.ts'
import { ANONYMOUS_NAME } from '../../identity/types.ts'
import type { AdministrationContext } from '../context.ts'
import { EnrolmentError } from './enrolment-error.ts'
import { FailureLimits } from './failure-limits.ts'

export interface PasswordOptions extends Partial<PasswordServices> {
  readonly limits?: FailureLimits
}

const WRONG = 'wrong user name or password'

/** Internal users at enrolment: off unless `pki.est_passwords` allows it, and few guesses each. */
export class EnrolmentPasswords {
  readonly #context: Pick<AdministrationContext, 'inForce'>
  readonly #services: PasswordServices
  readonly #limits: FailureLimits
  #users: readonly InternalUser[] | null = null
  #check: PasswordCheck | null = null

  constructor(context: Pick<AdministrationContext, 'inForce'>, options: PasswordOptions = {}) {
    const { queue = PASSWORD_QUEUE, verify = verifyPassword, now = () => performance.now() } = options
    this.#context = context
    this.#services = { queue, verify, now }
    this.#limits = options.limits ?? new FailureLimits({ now })
  }

  /** The user, where the password is theirs. Throws EnrolmentError. */
  async verify(name: string, password: string, remote: string): Promise<InternalUser> {
    const { settings, users } = this.#context.inForce()
    if (settings.pki?.estPasswords !== 'allow') {
      throw new EnrolmentError('credentials_wrong', 'passwords are not accepted here', {
        hint: 'give an enrolment token: user name `token`, the token as password',
      })
    }
    const attempt = this.#limits.begin(remote, name)
    if ('blockedFor' in attempt) {
      const retryAfter = Math.ceil(attempt.blockedFor / 1000)
      throw new EnrolmentError('too_many_failures', 'too many wrong passwords', { retryAfter, hint: `try again in ${retryAfter} s` })
    }
    const verdict = await this.#checkOf(users).check(name, password)
    if (verdict !== 'wrong') attempt.forgive()
    if (verdict === 'overloaded') throw new EnrolmentError('unavailable', 'too many passwords are being checked', { retryAfter: 5 })
    const user = users.find((one) => one.name === name)
    if (verdict === 'wrong' || user === undefined || name === ANONYMOUS_NAME) throw new EnrolmentError('credentials_wrong', WRONG)
    return user
  }

  /** What is remembered of passwords goes with the users it was true for. */
  #checkOf(users: readonly InternalUser[]): PasswordCheck {
    if (this.#check === null || this.#users !== users) {
      this.#check = new PasswordCheck(users, this.#services)
      this.#users = users
    }
    return this.#check
  }
}
