#include "truckee/cli/files/secret_files.hpp"

#include <algorithm>
#include <unistd.h>

namespace truckee::cli {

namespace {

/// The longest capability has some 160 characters; blank lines and spaces around it are forgiven.
constexpr std::size_t cap_file_bytes_max = 4096;

constexpr std::string_view white = " \t\r\n";
constexpr const char* expected = "; expected one line with a capability, e.g. URI:SSK:...";

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
  constexpr std::string_view secret = "abcdefghijklmnopqrstuvwxyz0123456789:";
  std::string out;
  for (auto at = text.find(begins); at != text.npos; at = text.find(begins)) {
    const auto kind_end = text.find(':', at + begins.size());
    if (kind_end == text.npos)
      break;
    out += text.substr(0, kind_end + 1);
    text.remove_prefix(kind_end + 1);
    const auto length = std::min(text.find_first_not_of(secret), text.size());
    if (length > 0)
      out += "...";
    text.remove_prefix(length);
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
