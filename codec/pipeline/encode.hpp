#pragma once

#include "truckee/base/buffer_pool.hpp"
#include "truckee/base/executor.hpp"
#include "truckee/base/shared_bytes.hpp"
#include "truckee/base/time_source.hpp"
#include "truckee/codec/encode_stage.hpp"
#include "truckee/codec/erasure/erasure_code.hpp"
#include "truckee/codec/share_layout.hpp"
#include "truckee/crypto/rsa.hpp"

#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

namespace truckee::codec {

/// What the pipeline takes from outside. One set serves any number of publishes, from several threads.
struct codec_context {
  random_source& random;
  executor& workers;
  erasure_codes& codes;
  /// Where share buffers come from, for who publishes often; none: fresh memory each time.
  buffer_pool* buffers = nullptr;
  time_ptr time = system_time();
};

/// A version that exists already, of which some shares shall be made again (repair).
struct existing_version {
  share_header header;
  crypto::signature signature;
  std::vector<crypto::version_salt> salts = {}; ///< of MDMF, whose header has none: each segment's
};

/// What to encode, and how the caller takes part while it runs.
struct encode_request {
  byte_view content; ///< must stay until the call returns; not kept
  encoding shape;
  sequence_number sequence{1};
  const crypto::file_keys& keys;
  /// Called as each stage begins, in the calling thread.
  std::function<void(stage)> on_stage = {};
  /// Looked at before each stage; the answer is then errc::cancelled.
  std::stop_token stop = {};
  /// Makes the shares of this version again, byte for byte, instead of a new version; `shape` and `sequence`
  /// are then taken from it and nothing is drawn from the random source. errc::corrupt if the content or the
  /// signature is not this version's: another content under a used salt would give both away.
  const existing_version* again = nullptr;
  /// Of the signature, where its bytes say something (grid/strict/writer_note.hpp); nothing: drawn.
  std::optional<crypto::pss_salt> salt = {};
};

/// One version of a file, ready to be sent.
struct encoded_file {
  share_header header;
  bytes signed_prefix;
  bytes checkstring;
  std::vector<shared_bytes> shares; ///< index = share number; whole shares, each in its own memory
  encode_timings timings;
};

} // namespace truckee::codec
