import type { Target } from '../target.ts'
import { chunked } from './chunked.ts'
import { config } from './config.ts'
import { http1 } from './http1.ts'
import { mappingEdits } from './mapping-edits.ts'
import { names } from './names.ts'
import { patterns } from './patterns.ts'
import { readers } from './readers.ts'
import { responses } from './responses.ts'

export const TARGETS: readonly Target[] = [http1, responses, chunked, names, config, patterns, mappingEdits, readers]

/** Said aloud in every report: what the plan names and this version does not have. */
export const ABSENT: readonly string[] = ['not fuzzed: the PostgreSQL and PROXY protocol codecs, which are not in this version']
