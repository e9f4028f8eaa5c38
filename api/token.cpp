#include "truckee/api/token.hpp"

#include "truckee/base/ids.hpp"
#include "truckee/base/private_file.hpp"
#include "truckee/crypto/base32.hpp"

#include <algorithm>

namespace truckee::api {

namespace {

constexpr std::size_t token_file_bytes_max = 1024;
constexpr std::size_t token_chars_min = 20;
constexpr std::size_t token_chars_max = 256;
using random_token = secret_bytes<struct random_token_tag, 20>;

result<secret_text> made_in(const std::filesystem::path& file, random_source& random) {
  if (const auto folder = file.parent_path(); !folder.empty())
    if (auto there = make_private_folder(folder); !there)
      return tl::unexpected(there.error());
  secret_text token(crypto::to_base32(random.make<random_token>().view()));
  secret_text line(token);
  line.push_back('\n');
  if (auto written = write_private_file(file, as_bytes(line), existing_file::refuse); !written)
    return tl::unexpected(written.error());
  return token;
}

} // namespace

result<secret_text> token_in(const std::filesystem::path& file, random_source& random) {
  auto read = read_small_file(file, token_file_bytes_max);
  if (!read && read.error().code == errc::not_found) {
    auto made = made_in(file, random);
    if (made || made.error().code != errc::refused)
      return made;
    read = read_small_file(file, token_file_bytes_max); // another process was quicker
  }
  if (!read)
    return fail(errc::configuration, "the token file " + read.error().detail);
  const auto text = as_text(*read);
  secret_text token(text.substr(0, text.find_first_of("\r\n")));
  wipe(*read);
  const auto visible = [](char c) { return c > ' ' && c < 0x7f; };
  if (token.size() < token_chars_min || token.size() > token_chars_max ||
      !std::ranges::all_of(token, visible))
    return fail(errc::configuration,
                file.string() + ": not a token: expected a first line of " + std::to_string(token_chars_min) +
                    " to " + std::to_string(token_chars_max) +
                    " visible ASCII characters without blanks; remove the file to have one made");
  return token;
}

} // namespace truckee::api
