#include "truckee/actors/node/lease_secret.hpp"

#include "truckee/base/private_file.hpp"
#include "truckee/base/random.hpp"
#include "truckee/crypto/base32.hpp"

namespace truckee::actors {

result<crypto::lease_secret> lease_secret_in(const std::filesystem::path& file, random_source& random,
                                             missing_secret missing) {
  auto read = read_small_file(file, 1024);
  if (!read && read.error().code == errc::not_found) {
    const auto made = random.make<crypto::lease_secret>();
    if (missing == missing_secret::passing)
      return made;
    // A file that is named without a folder lies in this one, which is there.
    if (const auto folder = file.parent_path(); !folder.empty())
      if (auto there = make_private_folder(folder); !there)
        return fail(errc::io, "this client's secrets are to be kept in a folder that cannot be had: " +
                                  there.error().detail);
    auto written =
        write_private_file(file, as_bytes(crypto::to_base32(made.view()) + "\n"), existing_file::refuse);
    if (written)
      return made;
    if (written.error().code != errc::refused)
      return tl::unexpected(written.error());
    read = read_small_file(file, 1024); // another process was quicker
  }
  if (!read)
    return tl::unexpected(read.error());
  auto text = std::string(as_text(*read));
  text.erase(text.find_last_not_of(" \r\n\t") + 1);
  const auto raw = crypto::from_base32(text);
  const auto secret = raw ? crypto::lease_secret::from(*raw) : std::nullopt;
  if (!secret)
    return fail(errc::configuration,
                file.string() + ": not a lease secret (32 bytes in lower-case base32); put the right one "
                                "back, or remove the file to start with a new one");
  return *secret;
}

} // namespace truckee::actors
