import { operation } from './operation.ts'
import type { Paths, Schema } from './types.ts'
import {
  body,
  bodyProblems,
  byName,
  changeProblems,
  flag,
  IF_MATCH,
  list,
  object,
  orNull,
  problems,
  query,
  ref,
  TAG,
  text,
  told,
} from './words.ts'

const YAML = (schema: Schema) => ({ 'application/yaml': { schema } })
/** As the loader reads it; {} is one without roles. */
const ROLES: Schema = { ...byName(orNull(ref('RoleEdit'))), properties: { _meta: { type: 'object' } } }
const UNCHANGED = { 304: told('If-None-Match names it') }
const AFFECTED: Schema = { type: 'string', enum: ['true', 'false'] }
const JUDGED = {
  ok: flag,
  file: { ...text, description: 'Which of the problems are in the mapping' },
  problems: list(ref('FileProblem')),
  affected: orNull(ref('Affected')),
}

const ROLE_EDITS: Schema = { ...byName(orNull(ref('RoleEdit'))), minProperties: 1, maxProperties: 1_000 }

export const MAPPING_PATHS: Paths = {
  '/api/v1/mapping': {
    get: operation('mapping', 'getMapping', 'Roles and who has them', {
      200: told('As in the file', object({ roles: byName(ref('Role')) }), TAG),
      ...UNCHANGED,
      ...problems(409),
    }),
  },
  '/api/v1/mapping.yml': {
    get: operation('mapping', 'getMappingFile', 'roles_mapping.yml as it stands', {
      200: { description: 'With its comments', headers: TAG, content: YAML({}) },
      ...UNCHANGED,
      ...problems(409),
    }),
    put: operation(
      'mapping',
      'putMappingFile',
      'Write roles_mapping.yml as a whole',
      {
        200: told('In force from now on', object({ changes: list(ref('ChangedRole')), warnings: list(ref('FileProblem')) }), TAG),
        ...changeProblems(409, 412),
      },
      { parameters: [IF_MATCH], requestBody: { required: true, content: YAML(ROLES) }, 'x-clearance': 'ClusterAdmin' },
    ),
  },
  '/api/v1/mapping/validate': {
    post: operation(
      'mapping',
      'validateMapping',
      'What would come of a roles_mapping.yml, without writing it',
      {
        200: told('As check tells it', object(JUDGED)),
        ...bodyProblems(429),
      },
      { parameters: [query('affected', AFFECTED, 'false: leave out who is affected')], requestBody: { required: true, content: YAML({}) } },
    ),
  },
  '/api/v1/mapping/preview': {
    post: operation(
      'mapping',
      'previewMapping',
      'What an edit of roles would make of roles_mapping.yml, without writing it',
      {
        200: told('Send `text` to putMappingFile with this ETag', object({ text, changes: list(ref('ChangedRole')), ...JUDGED }), TAG),
        ...bodyProblems(404, 409, 412, 429),
      },
      { parameters: [IF_MATCH], requestBody: body(object({ roles: ROLE_EDITS })) },
    ),
  },
}
