export declare function createEmbedRoot(): string;
export declare const embedUri: (folder: string) => string;
export declare function guestProcesses(folder: string): number[];
export declare function destroyEmbedRoot(folder: string): void;
export declare function sweepAbandonedRoots(): string[];
