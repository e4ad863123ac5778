import { json } from '../answers.ts'
import { OPENAPI } from '../openapi/document.ts'
import type { RouteEntry } from '../route-table.ts'

/** The description of all this, for whoever may ask anything. */
export const OPENAPI_ROUTES: readonly RouteEntry[] = [{ method: 'GET', path: '/api/v1/openapi.json', answer: () => json(200, OPENAPI) }]
