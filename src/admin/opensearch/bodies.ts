import { STATUS_CODES } from 'node:http'
import { RoleEditError, type RoleEntry } from '../../config/role-entry.ts'
import { json } from '../answers.ts'
import { AdminProblem } from '../problem.ts'
import type { ApiResponse } from '../types.ts'

type Headers = Readonly<Record<string, string>>

/** `{"status":"OK","message":"'readall' updated."}`: OpenSearch writes the words of a status that way. */
export function message(status: number, text: string, headers: Headers = {}): ApiResponse {
  const word = (STATUS_CODES[status] ?? 'ERROR').toUpperCase().replace(/[^A-Z]+/g, '_')
  return json(status, { status: word, message: text }, headers)
}

/** 400 for a body that its validator refuses. */
export function invalid(reason: string, more: object = {}): ApiResponse {
  return json(400, { status: 'error', reason, ...more })
}

/** One of these is in every mapping; the order is that of its documentation. */
export const GRANTING_KEYS = ['backend_roles', 'and_backend_roles', 'hosts', 'users'] as const

/** A role as GET shows it. What only certgate has is there only where it is set. */
export function entryBody({ issuers, description, ...entry }: RoleEntry): object {
  return {
    hosts: entry.hosts,
    users: entry.users,
    reserved: entry.reserved,
    hidden: entry.hidden,
    backend_roles: entry.backend_roles,
    and_backend_roles: entry.and_backend_roles,
    ...(issuers.length === 0 ? {} : { issuers }),
    ...(description === null ? {} : { description }),
  }
}

/** What an editor of roles refuses, in the words of OpenSearch's validator where it has some. */
export function editorRefusal(error: unknown): ApiResponse {
  if (error instanceof NotFound) return message(404, `rolesmapping '${error.role}' not found.`)
  if (error instanceof Reserved) return message(403, `Resource '${error.role}' is reserved.`)
  if (!(error instanceof RoleEditError)) throw error
  const { unknownKeys, wrongTypes, kind } = error
  if (unknownKeys.length > 0) return invalid('Invalid configuration', { invalid_keys: { keys: unknownKeys.join(',') } })
  if (wrongTypes.size > 0) return invalid('Wrong datatype', Object.fromEntries(wrongTypes))
  if (error.message.startsWith('`null` or blank')) return invalid(error.message)
  const unsupported = /^the operation "(.*)" is not supported/s.exec(error.message)
  if (unsupported !== null) {
    return message(400, `Unsupported patch operation: ${unsupported[1]}. Supported are: add,replace,remove`)
  }
  return message(kind === 'file' ? 409 : 400, error.hint === undefined ? error.message : `${error.message} (${error.hint})`)
}

/** There is no such role to change. */
export class NotFound extends AdminProblem {
  readonly role: string

  constructor(role: string) {
    super(404, 'not_found', `there is no role '${role}'`)
    this.role = role
  }
}

/** The mapping says that a role is not to be changed from here. */
export class Reserved extends AdminProblem {
  readonly role: string

  constructor(role: string) {
    super(403, 'reserved', `the role '${role}' is reserved`, { hint: 'change it in the file' })
    this.role = role
  }
}
