#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/crypto/keys.hpp"
#include "truckee/crypto/rsa.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What lies in stores' directories, read as Tahoe-LAFS would.
namespace truckee::test {

struct share_on_disk {
  std::filesystem::path file;
  std::string store; ///< name of the store's folder
  share_number number;
  sequence_number version;
  std::uint8_t needed = 0;
  std::uint8_t total = 0;
  std::uint64_t content_bytes = 0;
  std::string wrong; ///< empty: a Tahoe container with a share that verifies
};

/// Every share of every store below `stores`; each folder there is one store.
std::vector<share_on_disk> shares_below(const std::filesystem::path& stores,
                                        const crypto::fingerprint& expected);

/// The private key that some share below `stores` carries for this write key.
std::optional<crypto::private_key> private_key_below(const std::filesystem::path& stores,
                                                     const crypto::write_key& key);

/// "alpha: 0 3, beta: 1": for messages and comparisons.
std::string describe(const std::vector<share_on_disk>& shares);

} // namespace truckee::test
