#include "truckee/storage/expiry.hpp"

#include "truckee/crypto/base32.hpp"

namespace truckee::storage {

namespace {

std::string count_of(std::uint64_t count, const std::string& thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

std::string line_of(const expiry_report::entry& entry, const std::string& verb) {
  std::string out = verb + " " + crypto::to_base32(entry.slot.view()) + " share";
  out += entry.shares.size() == 1 ? "" : "s";
  for (const auto& share : entry.shares)
    out += " " + std::to_string(share.value);
  if (entry.bytes > 0)
    out += ", " + count_of(entry.bytes, "byte");
  return out + "\n";
}

} // namespace

std::string to_text(const expiry_report& report) {
  const bool removed = report.mode == expiry_mode::on;
  std::string out;
  for (const auto& entry : report.named)
    out += line_of(entry, removed ? "expired and removed:" : "expired, kept by the dry run:");
  for (const auto& entry : report.doubtful_named)
    out += line_of(entry, "kept, for a clock was wrong:");
  if (report.slots_not_named > 0)
    out += "and " + count_of(report.slots_not_named, "more slot") + "\n";
  out += "expiry: looked at " + count_of(report.slots, "slot") + "; " + count_of(report.shares, "share") +
         (removed ? " removed, " : " would go, ") + count_of(report.bytes, "byte") + "; " +
         count_of(report.kept, "share") + " kept";
  if (report.unreadable > 0)
    out += "; " + count_of(report.unreadable, "share") + " unreadable and kept";
  if (report.doubtful > 0)
    out += "; " + count_of(report.doubtful, "share") + " kept that a wrong clock dated before 2023";
  if (report.failed > 0)
    out += "; " + count_of(report.failed, "failure") + ", the first: " + report.first_failure;
  return out + "\n";
}

expiry_scan::expiry_scan(expiry_mode mode, const std::vector<storage_index>& slots)
  : left_(slots.begin(), slots.end()) {
  report_.mode = mode;
}

std::optional<storage_index> expiry_scan::next() {
  if (left_.empty())
    return std::nullopt;
  const auto out = left_.front();
  left_.pop_front();
  return out;
}

void expiry_scan::took(const storage_index& slot, const result<slot_expiry>& what) {
  ++report_.slots;
  if (!what) {
    if (report_.failed++ == 0)
      report_.first_failure = crypto::to_base32(slot.view()) + ": " + to_string(what.error());
    return;
  }
  report_.kept += what->kept;
  report_.unreadable += what->unreadable.size();
  report_.doubtful += what->doubtful.size();
  report_.shares += what->removed.size();
  report_.bytes += what->bytes_freed;
  name(report_.named, {slot, what->removed, what->bytes_freed});
  name(report_.doubtful_named, {slot, what->doubtful, 0});
}

void expiry_scan::name(std::vector<expiry_report::entry>& among, expiry_report::entry what) {
  if (what.shares.empty())
    return;
  if (among.size() < expiry_report::named_max)
    among.push_back(std::move(what));
  else
    ++report_.slots_not_named;
}

} // namespace truckee::storage
