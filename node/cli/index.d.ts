/** The path of the program `passlock-cli` that is installed for this platform. Without one, importing fails and says so. */
export declare const program: string;
