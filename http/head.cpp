#include "truckee/http/head.hpp"

#include "truckee/base/address.hpp"

#include <algorithm>

namespace truckee::http {

namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

std::string_view name_of(std::string_view line) {
  return trimmed(line.substr(0, std::min(line.find(':'), line.size())));
}

/// Calls `each` with every line behind the request line, its end included.
template <class Each>
void for_fields(std::string_view head, Each each) {
  auto begin = head.find('\n');
  while (begin != head.npos && begin + 1 < head.size()) {
    const auto end = head.find('\n', begin + 1);
    each(head.substr(begin + 1, end == head.npos ? head.npos : end - begin));
    begin = end;
  }
}

} // namespace

head_state head_reader::take(std::string_view piece) {
  while (!piece.empty() && state_ == head_state::unfinished) {
    const auto end = piece.find('\n');
    const auto length = std::min(end == piece.npos ? piece.size() : end + 1, head_bytes_max - text_.size());
    text_.append(piece.substr(0, length));
    piece.remove_prefix(length);
    // The request line and the empty one are no fields.
    lines_ += text_.ends_with('\n') ? 1 : 0;
    if (text_.ends_with("\n\r\n"))
      state_ = head_state::whole;
    else if (text_.size() == head_bytes_max || lines_ > head_fields_max + 1)
      state_ = head_state::too_large;
  }
  return state_;
}

std::optional<std::string_view> only_field(std::string_view head, std::string_view name) {
  std::optional<std::string_view> out;
  bool twice = false;
  for_fields(head, [&](std::string_view line) {
    if (!same_word(name_of(line), name))
      return;
    twice = out.has_value();
    out = trimmed(line.substr(std::min(line.find(':') + 1, line.size())));
  });
  return twice ? std::nullopt : out;
}

std::string without_field(std::string_view head, std::string_view name) {
  std::string out{head.substr(0, head.find('\n') == head.npos ? head.npos : head.find('\n') + 1)};
  for_fields(head, [&](std::string_view line) {
    if (!same_word(name_of(line), name))
      out.append(line);
  });
  return out;
}

bool is_own_host(std::string_view host) {
  std::string name{host};
  std::ranges::transform(name, name.begin(), lower);
  auto at = parse_address(name, true);
  if (!at)
    at = parse_address(name + ":0", true); // the port may be left out
  return at && at->is_loopback();
}

} // namespace truckee::http
