/** What /api/v1 answers, as far as the console reads it. A test holds it to the OpenAPI document, which is the contract. */

export type * from './api-types/audit.ts'
export type * from './api-types/certificate.ts'
export type * from './api-types/explain.ts'
export type * from './api-types/mapping.ts'
export type * from './api-types/overview.ts'
export type * from './api-types/problem.ts'
