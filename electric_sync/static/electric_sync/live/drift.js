/** The page is not what the server thinks it is: the container has to be asked for anew. */
export class Drift extends Error {}
