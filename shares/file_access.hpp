#pragma once

#include "truckee/base/result.hpp"
#include "truckee/crypto/capability.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace truckee::shares {

class file_memory;

/// What a capability lets its holder do with a file.
struct file_access {
  storage_index slot;
  crypto::fingerprint fingerprint;
  std::optional<crypto::read_key> read;
  std::optional<crypto::write_key> write;
  crypto::file_format format = crypto::file_format::sdmf;
  /// What was proved of files before; null: everything is proved each time.
  std::shared_ptr<file_memory> memory = nullptr;
};

/// How much a capability allows, in ascending order.
enum class strength { verify, read, write };

/// Opens a capability's text. errc::bad_capability where it is none, errc::insufficient_capability where it
/// is weaker than `needed`; neither quotes it.
result<file_access> open_capability(std::string_view text, strength needed);

file_access access_to(const crypto::write_cap& cap);

} // namespace truckee::shares
