/** What other frontends may use: prepare a photo, send it, keep a feed current. No framework needed. */

export { createFeed, type FeedOptions } from "./feed/feed";
export type { Feed, FeedConnection, FeedEntry, FeedState } from "./feed/model";
export type { Graph } from "./graph";
export {
  LONGEST_SIDE_PX,
  type PreparedPhoto,
  type PreparingOptions,
  type Size,
} from "./photo/model";
export { preparePhoto } from "./photo/prepare";
export {
  PHOTO_FAILED,
  Refusal,
  type RefusalDetails,
  STORAGE_FULL,
  UNREACHABLE,
  UNREADABLE_PHOTO,
} from "./refusals";
export type { Uploads, UploadState, UploadStep, UploadText } from "./uploads/model";
export { createUploads, type UploadsOptions } from "./uploads/uploads";
export type { Watched } from "./watched";
