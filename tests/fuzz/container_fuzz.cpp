#include "fuzz/bytes_reader.hpp"
#include "truckee/storage/container.hpp"

#include <algorithm>

using namespace truckee;
using namespace truckee::storage;

namespace {

class memory_file final : public readable_file {
public:
  explicit memory_file(bytes content) : content_(std::move(content)) {}
  std::uint64_t size() const override { return content_.size(); }
  io_result<void> read_at(std::uint64_t offset, mutable_byte_view out) const override {
    if (offset > content_.size() || out.size() > content_.size() - offset)
      return io_fail(5, "read beyond the end of", "memory");
    std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  }

private:
  bytes content_;
};

bytes made(const container_edit& edit, const readable_file* old) {
  bytes out;
  fuzz::expect(write_image(edit.finish(), old, [&out](byte_view piece) {
                 out.insert(out.end(), piece.begin(), piece.end());
                 return io_result<void>{};
               }).has_value());
  return out;
}

} // namespace

/// Whatever parses can be changed, and parses again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::bytes_reader in(data, size);
  const auto offset = in.number() % 5000;
  const auto length = in.number() % 5000;
  const memory_file file(to_bytes(as_bytes(in.rest())));
  const auto head = read_container_head(file);
  const auto whole = read_container(file);
  if (head) {
    const auto some = read_data(*head, file, offset, length);
    fuzz::expect(some.has_value());
    fuzz::expect(some->size() == readable_length(*head, offset, length) && some->size() <= length);
  }
  if (!whole)
    return 0;
  (void)leases_of(*whole);
  container_edit edit(*whole, file.size());
  edit.truncate(length);
  edit.write(offset, shared_bytes::copy_of("new data"));
  edit.renew_or_add_lease({}, {}, 7, {});
  if (size % 2 == 0)
    edit.compact();
  const memory_file changed(made(edit, &file));
  const auto again = read_container(changed);
  fuzz::expect(again.has_value());
  fuzz::expect(again->data_length == edit.now().data_length);
  const auto back = read_data(*again, changed, offset, 8);
  fuzz::expect(back && as_text(back->view()) == "new data");
  return 0;
}
