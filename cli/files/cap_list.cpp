#include "truckee/cli/files/cap_list.hpp"

#include "truckee/crypto/capability.hpp"

#include <set>
#include <unistd.h>

namespace truckee::cli {

namespace {

/// It is in memory as a whole: some 400,000 capabilities.
constexpr std::size_t cap_list_bytes_max = std::size_t{64} << 20;

/// So many lines that are wrong are named.
constexpr std::size_t wrong_lines_told = 10;

constexpr std::string_view blank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blank);
  return first == text.npos ? std::string_view{}
                            : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// Lines that are no write capability, and why.
class wrong_lines {
public:
  void add(std::size_t line, std::string_view why, bool only_weak) {
    weak_ = weak_ && only_weak;
    if (++count_ <= wrong_lines_told)
      told_ += (told_.empty() ? "line " : "; line ") + std::to_string(line) + ": " + std::string(why);
  }
  std::optional<error> in(const std::string& name) const {
    if (count_ == 0)
      return std::nullopt;
    const auto more = count_ > wrong_lines_told
                          ? "; and " + std::to_string(count_ - wrong_lines_told) + " lines more"
                          : std::string();
    return error{weak_ ? errc::insufficient_capability : errc::bad_capability,
                 name + ": " + told_ + more + "; nothing was begun"};
  }

private:
  std::size_t count_ = 0;
  bool weak_ = true;
  std::string told_;
};

result<std::vector<listed_cap>> listed(std::string_view text, const std::string& name) {
  std::vector<listed_cap> out;
  std::set<storage_index> seen;
  wrong_lines wrong;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto one = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.empty() || one.front() == '#')
      continue;
    const auto cap = crypto::parse_capability(one);
    if (!cap)
      wrong.add(line, cap.error().detail, false);
    else if (!crypto::to_write_cap(cap->file))
      wrong.add(line,
                "a " + std::string(crypto::strength_of(cap->file)) +
                    " capability; a write capability is needed",
                true);
    else if (const auto file = crypto::storage_index_of(cap->file); seen.insert(file).second)
      out.push_back({line, secret_text(one), file});
  }
  if (auto why = wrong.in(name))
    return tl::unexpected(std::move(*why));
  if (out.empty())
    return fail(errc::bad_capability, name + ": has no capability; expected one a line, e.g. URI:SSK:...");
  return out;
}

} // namespace

result<std::vector<listed_cap>> read_cap_list(const std::string& source) {
  const bool piped = source == "-";
  const auto name = piped ? std::string("standard input") : source;
  auto raw = piped ? read_small_stream(STDIN_FILENO, name, cap_list_bytes_max)
                   : read_small_file(source, cap_list_bytes_max);
  if (!raw)
    return fail(errc::usage,
                raw.error().code == errc::too_large
                    ? name + ": is longer than a list of capabilities may be (64 MiB); cut it into several"
                    : "the list of capabilities " + raw.error().detail);
  auto out = listed(as_text(*raw), name);
  wipe(*raw);
  return out;
}

} // namespace truckee::cli
