#include "fuzz/bytes_reader.hpp"
#include "truckee/base/descriptor.hpp"
#include "truckee/cli/files/secret_files.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <unistd.h>

using namespace truckee;

namespace {

constexpr std::string_view secret = "mfzwizlkmfzwizlkmfzwizlkme";

/// Whoever says the secret beside the capability has said it himself.
bool gives_it_away(std::string_view text) {
  return text.find(secret.substr(0, 8)) != text.npos;
}

void hides_the_secret(std::string_view before, std::string_view behind) {
  if (gives_it_away(before) || gives_it_away(behind))
    return;
  for (const std::string_view kind : {"URI:SSK:", "URI:DIR2-RO:", "URI:MDMF-Verifier:"}) {
    const auto said = std::string(before).append(kind).append(secret).append(behind);
    fuzz::expect(!gives_it_away(cli::without_capabilities(said)));
  }
}

/// What programs read stays what they can read.
void stays_json(std::string_view text) {
  const auto made = nlohmann::json{{"text", text}, {"seconds", 0.5}}.dump(
      -1, ' ', true, nlohmann::json::error_handler_t::replace);
  fuzz::expect(nlohmann::json::parse(cli::without_capabilities(made))["seconds"] == 0.5);
}

result<cli::secret_text> read(std::string_view content) {
  const descriptor file(::memfd_create("capability", MFD_CLOEXEC));
  fuzz::expect(::write(file.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  ::lseek(file.get(), 0, SEEK_SET);
  return cli::read_cap_stream(file.get(), "a file");
}

void is_one_line_or_refused(std::string_view content) {
  const auto got = read(content);
  if (got) {
    fuzz::expect(!got->view().empty() && content.find(got->view()) != content.npos);
    for (const char c : got->view())
      fuzz::expect(c > ' ' && c <= '~');
    return;
  }
  // In the same words whatever it says.
  std::string other(content);
  std::ranges::replace_if(
      other, [](char c) { return c > ' ' && c <= '~'; }, 'x');
  const auto refused = read(other);
  fuzz::expect(!refused && refused.error().detail == got.error().detail);
}

} // namespace

/// Messages that repeat what somebody typed or a peer said, and files with capabilities: wherever a capability stands in a
/// text, its secret does not pass.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::bytes_reader in(data, size);
  const auto before = in.text(in.byte());
  const auto behind = in.rest();
  hides_the_secret(before, behind);
  stays_json(before);
  stays_json(behind);
  is_one_line_or_refused(behind);
  return 0;
}
