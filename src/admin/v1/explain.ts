import { InputError, MaterialError, UsageError } from '../../errors.ts'
import { json } from '../answers.ts'
import type { AdministrationContext } from '../context.ts'
import { describe } from '../explain/explanation.ts'
import { type CertificateClaim, present } from '../explain/presentation.ts'
import { readQuestion } from '../explain/question.ts'
import { registryAbout, shownWithChain } from '../explain/registry-about.ts'
import { judge } from '../explain/verdict.ts'
import { Fields } from '../fields.ts'
import { certificateBytes } from '../given-certificate.ts'
import { mayRead } from '../permission.ts'
import { AdminProblem, malformed, notFound } from '../problem.ts'
import type { RouteEntry } from '../route-table.ts'
import type { ApiRequest, ApiResponse } from '../types.ts'

const CLAIMS = ['certificate', 'fingerprint', 'cn', 'dn'] as const

/** Who somebody would be, and what they would be answered: `certgate explain` over what is in force now. */
export function explainRoutes(context: AdministrationContext): readonly RouteEntry[] {
  return [{ method: 'POST', path: '/api/v1/explain', answer: (request) => explained(context, request) }]
}

async function explained(context: AdministrationContext, { caller, body }: ApiRequest): Promise<ApiResponse> {
  mayRead(caller)
  const fields = Fields.of(body, [...CLAIMS, 'user', 'anonymous', 'method', 'url', 'listener', 'host', 'address'])
  checkClaims(fields)
  const inForce = context.inForce()
  const { policy, settings } = inForce
  try {
    const places = { listener: fields.optionalText('listener'), host: fields.optionalText('host'), address: fields.optionalText('address') }
    const question = readQuestion(fields.text('method'), fields.text('url'), places, settings)
    const claim = claimIn(fields, context)
    const registry = await registryAbout(claim.shown?.ders[0] ?? null, context)
    const knowledge = { registry, knownStatus: context.knownStatus }
    const { unreached, ...presented } = present(inForce, question, claim, context.now(), knowledge)
    const { peer } = presented
    const verdict = await judge(inForce, policy, question, { peer, user: fields.optionalText('user') ?? null, unreached })
    const evidence = { ...presented, imagined: claim.shown === undefined, cwd: settings.directory }
    return json(200, describe(inForce, policy, question, verdict, evidence))
  } catch (error) {
    if (error instanceof UsageError || error instanceof InputError || error instanceof MaterialError)
      throw malformed(error.message, error.hint)
    throw error
  }
}

function checkClaims(fields: Fields): void {
  const certificates = CLAIMS.filter((name) => fields.has(name)).length
  const hint = `one of ${CLAIMS.join(', ')}, user and anonymous says who asks`
  if (certificates > 1) throw malformed(`only one of ${CLAIMS.join(', ')} can be given`, hint)
  const somebody = certificates + (fields.has('user') ? 1 : 0)
  if (fields.flag('anonymous') && somebody > 0) throw malformed('anonymous is for a request without any credentials', hint)
  if (!fields.flag('anonymous') && somebody === 0) throw malformed('nobody is named', hint)
  if (fields.optionalText('user')?.includes(':')) throw malformed('a user name has no colon (RFC 7617)')
}

function claimIn(fields: Fields, context: AdministrationContext): CertificateClaim {
  const [pem, fingerprint] = [fields.optionalText('certificate'), fields.optionalText('fingerprint')]
  if (pem !== undefined) return { shown: { file: 'the request', ders: dersIn(pem) } }
  if (fingerprint === undefined) return { cn: fields.optionalText('cn'), dn: fields.optionalText('dn') }
  const hex = fingerprint.replace(/[\s:]/g, '').toLowerCase()
  const [entry, ...others] = hex.length === 40 ? context.store.registry.byThumbprint(hex) : [context.store.registry.get(hex)]
  if (entry === undefined || entry === null) throw notFound('no such certificate is in the registry')
  if (others.length > 0) throw new AdminProblem(409, 'ambiguous', 'several certificates have this thumbprint', { hint: 'give the SHA-256' })
  return { shown: { file: 'the registry', ders: shownWithChain(entry.der, context) } }
}

const PEM_BLOCK = /-----BEGIN (?:X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END (?:X509 )?CERTIFICATE-----/g
const MOST_CERTIFICATES = 20

/** The certificate and those behind it. */
function dersIn(text: string): Uint8Array[] {
  const bytes = certificateBytes(text)
  if (!text.includes('-----BEGIN')) return [bytes]
  const ders = [...text.matchAll(PEM_BLOCK)].map(([, base64 = '']) => Buffer.from(base64, 'base64'))
  if (ders.length === 0) throw malformed('there is no certificate in the PEM text')
  if (ders.length > MOST_CERTIFICATES) throw malformed(`there are more than ${MOST_CERTIFICATES} certificates`)
  return ders
}
