export declare const LIST: string
export declare function librariesFolder(): string
