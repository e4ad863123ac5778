import { DEFAULT_PATH_POLICY } from '../../src/policy/path.ts'
import type { RouteSettings } from '../../src/policy/types.ts'

/** A route with every default, open to the role `user`. */
export function routeSettings(given: Partial<RouteSettings> & { readonly path: string }): RouteSettings {
  return {
    name: given.path,
    listeners: [],
    hosts: [],
    methods: [],
    allow: [{ kind: 'role', role: 'user' }],
    upstream: 'u',
    upgrade: [],
    pathPolicy: DEFAULT_PATH_POLICY,
    crossSite: 'refuse',
    errors: null,
    strip: [],
    line: 1,
    index: 0,
    ...given,
  }
}
