import { memoryStore } from '../../../src/viewer/store/memory.js'
import { storeContract } from './store-contract.js'

storeContract('the store in memory', memoryStore)
