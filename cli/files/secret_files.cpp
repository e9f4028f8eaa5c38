#include "truckee/cli/files/secret_files.hpp"

#include <algorithm>
#include <unistd.h>

namespace truckee::cli {

namespace {

/// The longest capability has some 160 characters; blank lines and spaces around it are forgiven.
constexpr std::size_t cap_file_bytes_max = 4096;

constexpr std::string_view white = " \t\r\n";
constexpr const char* expected = "; expected one line with a capability, e.g. URI:SSK:...";

// Capabilities have lower case; somebody may have typed them in upper case.
bool in_kind(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}
bool in_secret(char c) {
  return in_kind(c) || c == ':';
}
/// How many characters at the front are such.
std::size_t run_of(std::string_view text, bool (*is_one)(char)) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_one) - text.begin());
}

result<secret_text> one_line(bytes& raw, const std::string& name) {
  auto text = as_text(raw);
  const auto bad = [&name](const char* why) {
    return fail(errc::bad_capability, name + ": " + why + expected);
  };
  const auto first = text.find_first_not_of(white);
  if (first == text.npos)
    return bad("is empty");
  text = text.substr(first, text.find_last_not_of(white) - first + 1);
  if (text.find('\n') != text.npos)
    return bad("has more than one line");
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; }))
    return bad("has characters that no capability has");
  return secret_text{text};
}

result<secret_text> from_raw(result<bytes> raw, const std::string& name) {
  if (!raw)
    return raw.error().code == errc::too_large
               ? fail(errc::bad_capability, name + ": is longer than any capability" + expected)
               : fail(errc::usage, "the capability file " + raw.error().detail);
  auto out = one_line(*raw, name);
  wipe(*raw);
  return out;
}

} // namespace

result<secret_text> read_cap_stream(int descriptor, const std::string& name) {
  return from_raw(read_small_stream(descriptor, name, cap_file_bytes_max), name);
}

result<secret_text> read_cap_file(const std::string& source) {
  if (source == "-")
    return read_cap_stream(STDIN_FILENO, "standard input");
  return from_raw(read_small_file(source, cap_file_bytes_max), source);
}

std::string without_capabilities(std::string_view text) {
  constexpr std::string_view begins = "URI:";
  std::string out;
  const auto move_on = [&](std::size_t size) {
    out += text.substr(0, size);
    text.remove_prefix(size);
  };
  for (auto at = text.find(begins); at != text.npos; at = text.find(begins)) {
    move_on(at + begins.size());
    const auto kind = text.substr(0, run_of(text, in_kind));
    // No kind, or another beginning at its end.
    if (kind.size() == text.size() || text[kind.size()] != ':' || kind.ends_with("URI"))
      continue;
    move_on(kind.size() + 1);
    const auto secret = run_of(text, in_secret);
    out += secret > 0 ? "..." : "";
    text.remove_prefix(secret);
  }
  return out.append(text);
}

result<void> write_cap_file(const std::filesystem::path& path, std::string_view cap, existing_file existing) {
  bytes content(cap.size() + 1, std::byte{'\n'}); // in one piece: growing would leave a copy behind
  std::copy(as_bytes(cap).begin(), as_bytes(cap).end(), content.begin());
  auto out = write_private_file(path, content, existing);
  wipe(content);
  return out;
}

} // namespace truckee::cli
