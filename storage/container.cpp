#include "truckee/storage/container.hpp"

#include "truckee/storage/share_store.hpp"

#include <algorithm>
#include <sodium.h>

namespace truckee::storage {

namespace {

using head_bytes = secret_bytes<struct container_head_tag, container_head_size>;

constexpr std::size_t magic_size = 32;
constexpr std::size_t node_at = 32;
constexpr std::size_t enabler_at = 52;
constexpr std::size_t data_length_at = 84;
constexpr std::size_t extra_at_at = 92;
constexpr std::size_t leases_at = 100;
constexpr std::size_t count_size = 4;

constexpr std::size_t expires_at = 4;
constexpr std::size_t expires_size = 4;
constexpr std::size_t renew_at = 8;
constexpr std::size_t cancel_at = 40;
constexpr std::size_t lease_node_at = 72;

constexpr std::string_view magic_v1{"Tahoe mutable container v1\n\x75\x09\x44\x03\x8e", magic_size};
constexpr std::string_view magic_v2{"Tahoe mutable container v2\n\xc3\x55\x21\x99\x25", magic_size};

std::string_view magic_of(container_version version) {
  return version == container_version::v1 ? magic_v1 : magic_v2;
}

server_secret blake2b(const server_secret& secret) {
  server_secret out;
  crypto_generichash(reinterpret_cast<unsigned char*>(out.data.data()), out.size,
                     reinterpret_cast<const unsigned char*>(secret.data.data()), secret.size, nullptr, 0);
  return out;
}

std::uint32_t owner_of(const lease_record& place) {
  return load_be<std::uint32_t>(place.view().first(4));
}

bool is_free(const lease_record& place) {
  return owner_of(place) == 0;
}

server_secret secret_at(const lease_record& place, std::size_t at) {
  return *server_secret::from(place.view().subspan(at, server_secret::size));
}

template <class T>
T copy_out(byte_view from, std::size_t at) {
  return *T::from(from.subspan(at, T::size));
}

void copy_in(mutable_byte_view to, std::size_t at, byte_view what) {
  std::copy(what.begin(), what.end(), to.begin() + static_cast<std::ptrdiff_t>(at));
}

lease_record make_record(std::uint32_t owner, std::uint32_t expires, const server_secret& renew,
                         const server_secret& cancel, const server_id& node) {
  lease_record out;
  store_be(out.view().first(4), owner);
  store_be(out.view().subspan(expires_at, expires_size), expires);
  copy_in(out.view(), renew_at, renew.view());
  copy_in(out.view(), cancel_at, cancel.view());
  copy_in(out.view(), lease_node_at, node.view());
  return out;
}

/// Memory with secrets in it, wiped when its last user lets go.
shared_bytes secret_block(bytes&& content) {
  const std::shared_ptr<bytes> owner(new bytes(std::move(content)), [](bytes* block) {
    wipe(*block);
    delete block;
  });
  return shared_bytes::from_owner(owner, *owner);
}

shared_bytes pack_head(const container& from) {
  bytes out(container_head_size);
  copy_in(out, 0, as_bytes(magic_of(from.version)));
  copy_in(out, node_at, from.node.view());
  copy_in(out, enabler_at, from.write_enabler.view());
  store_be(mutable_byte_view(out).subspan(data_length_at, 8), from.data_length);
  store_be(mutable_byte_view(out).subspan(extra_at_at, 8), from.extra_leases_at);
  for (std::size_t i = 0; i < leases_in_head; ++i)
    copy_in(out, leases_at + i * lease_record_size, from.places[i].view());
  return secret_block(std::move(out));
}

std::uint64_t extra_block_size(const container& from) {
  return count_size + (from.places.size() - leases_in_head) * lease_record_size;
}

shared_bytes pack_extra(const container& from) {
  bytes out(static_cast<std::size_t>(extra_block_size(from)));
  const auto count = from.places.size() - leases_in_head;
  store_be(mutable_byte_view(out).first(count_size), static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i)
    copy_in(out, count_size + i * lease_record_size, from.places[leases_in_head + i].view());
  return secret_block(std::move(out));
}

} // namespace

bool renews(const lease& held, const server_secret& renew) {
  return held.renew_secret == (held.hashed ? blake2b(renew) : renew);
}

result<container> read_container_head(const readable_file& file) {
  const auto size = file.size();
  if (size < container_head_size)
    return fail(errc::malformed,
                "the file has " + std::to_string(size) + " bytes, too few for a container's head");
  head_bytes head;
  if (auto done = file.read_at(0, head.view()); !done)
    return told(done.error());
  container out;
  const auto magic = as_text(head.view().first(magic_size));
  if (magic == magic_v1)
    out.version = container_version::v1;
  else if (magic != magic_v2)
    return fail(errc::malformed, "magic: not a mutable container of version 1 or 2");
  out.node = copy_out<server_id>(head.view(), node_at);
  out.write_enabler = copy_out<server_secret>(head.view(), enabler_at);
  out.data_length = load_be<std::uint64_t>(head.view().subspan(data_length_at, 8));
  out.extra_leases_at = load_be<std::uint64_t>(head.view().subspan(extra_at_at, 8));
  for (std::size_t i = 0; i < leases_in_head; ++i)
    out.places[i] = copy_out<lease_record>(head.view(), leases_at + i * lease_record_size);
  if (out.data_length > size - container_head_size)
    return fail(errc::malformed,
                "data length: " + std::to_string(out.data_length) + " bytes, but the file ends before");
  if (out.extra_leases_at < container_head_size ||
      out.data_length > out.extra_leases_at - container_head_size)
    return fail(errc::malformed,
                "extra-lease offset: " + std::to_string(out.extra_leases_at) + " lies inside the data");
  return out;
}

result<container> read_container(const readable_file& file) {
  auto out = read_container_head(file);
  if (!out)
    return out;
  const auto size = file.size();
  if (out->extra_leases_at > size - count_size)
    return fail(errc::malformed, "extra-lease offset: " + std::to_string(out->extra_leases_at) +
                                     " lies beyond the file's end");
  std::array<std::byte, count_size> raw_count{};
  if (auto done = file.read_at(out->extra_leases_at, raw_count); !done)
    return told(done.error());
  const auto count = load_be<std::uint32_t>(raw_count);
  const auto first = out->extra_leases_at + count_size;
  if (count > (size - first) / lease_record_size)
    return fail(errc::malformed,
                "extra-lease count: " + std::to_string(count) + " leases, but the file ends before");
  out->places.resize(leases_in_head + count);
  bytes block(std::size_t{count} * lease_record_size);
  auto done = file.read_at(first, block);
  for (std::size_t i = 0; i < count; ++i)
    out->places[leases_in_head + i] = copy_out<lease_record>(block, i * lease_record_size);
  wipe(block);
  if (!done)
    return told(done.error());
  return out;
}

std::vector<lease> leases_of(const container& from) {
  std::vector<lease> out;
  for (const auto& place : from.places) {
    if (is_free(place))
      continue;
    out.push_back({owner_of(place), load_be<std::uint32_t>(place.view().subspan(expires_at, expires_size)),
                   secret_at(place, renew_at), secret_at(place, cancel_at),
                   copy_out<server_id>(place.view(), lease_node_at), from.version == container_version::v2});
  }
  return out;
}

std::uint64_t readable_length(const container& head, std::uint64_t offset, std::uint64_t length) {
  return offset >= head.data_length ? 0 : std::min(length, head.data_length - offset);
}

result<shared_bytes> read_data(const container& head, const readable_file& file, std::uint64_t offset,
                               std::uint64_t length) {
  length = readable_length(head, offset, length);
  if (length == 0)
    return shared_bytes{};
  auto out = file.read(container_head_size + offset, length);
  if (!out)
    return told(out.error());
  return std::move(*out);
}

std::optional<shared_bytes> share_facts::data(std::uint64_t offset, std::uint64_t length) const {
  length = readable_length(content, offset, length);
  if (length == 0)
    return shared_bytes{};
  if (offset + length > beginning.size())
    return std::nullopt;
  return shared_bytes::copy_of(
      byte_view(beginning).subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length)));
}

container_edit::container_edit(container_version version, const server_id& node,
                               const server_secret& write_enabler)
  : needs_new_file_(true) {
  now_.version = version;
  now_.node = node;
  now_.write_enabler = write_enabler;
}

container_edit::container_edit(container from, std::uint64_t file_size)
  : now_(std::move(from)), image_(file_size) {}

server_secret container_edit::stored(const server_secret& secret) const {
  return now_.version == container_version::v2 ? blake2b(secret) : secret;
}

/// Makes room for data up to `data_end`: the extra leases move behind it, their old place becomes zeros.
void container_edit::grow(std::uint64_t data_end) {
  const auto new_place = container_head_size + data_end;
  if (new_place <= now_.extra_leases_at)
    return;
  image_.put_zeros(now_.extra_leases_at, extra_block_size(now_));
  now_.extra_leases_at = new_place;
  image_.put(new_place, pack_extra(now_));
}

void container_edit::write(std::uint64_t offset, shared_bytes data) {
  const auto end = offset + data.size();
  if (data.empty() && end <= now_.data_length)
    return;
  needs_new_file_ = true;
  if (end > now_.data_length) {
    grow(end);
    // What an earlier truncation left in the file must not come back.
    if (offset > now_.data_length)
      image_.put_zeros(container_head_size + now_.data_length, offset - now_.data_length);
    now_.data_length = end;
  }
  image_.put(container_head_size + offset, std::move(data));
}

void container_edit::adopt(std::uint64_t staged_size) {
  const auto size = std::max<std::uint64_t>(staged_size, container_head_size);
  image_ = file_image::of_staged(size);
  now_.data_length = size - container_head_size;
  now_.extra_leases_at = size;
  needs_new_file_ = true;
}

void container_edit::truncate(std::uint64_t new_length) {
  if (new_length >= now_.data_length)
    return;
  now_.data_length = new_length;
  needs_new_file_ = true;
}

void container_edit::compact() {
  const auto place = container_head_size + now_.data_length;
  if (place >= now_.extra_leases_at)
    return;
  now_.extra_leases_at = place; // finish() puts them there
  image_.cut(place);
  needs_new_file_ = true;
}

void container_edit::renew_or_add_lease(const server_secret& renew, const server_secret& cancel,
                                        std::uint32_t expires, const server_id& node) {
  const auto wanted = stored(renew);
  for (std::size_t i = 0; i < now_.places.size(); ++i) {
    auto& place = now_.places[i];
    if (is_free(place) || !(secret_at(place, renew_at) == wanted))
      continue;
    const auto field = place.view().subspan(expires_at, expires_size);
    if (load_be<std::uint32_t>(field) < expires) {
      store_be(field, expires);
      changed_lease({i, expires_at, expires_size});
    }
    return;
  }
  add_lease(renew, cancel, expires, node);
}

void container_edit::add_lease(const server_secret& renew, const server_secret& cancel, std::uint32_t expires,
                               const server_id& node) {
  const auto record = make_record(1, expires, stored(renew), stored(cancel), node);
  const auto free_place = std::find_if(now_.places.begin(), now_.places.end(), is_free);
  if (free_place == now_.places.end()) {
    now_.places.push_back(record);
    needs_new_file_ = true;
    return;
  }
  *free_place = record;
  changed_lease({static_cast<std::size_t>(free_place - now_.places.begin()), 0, lease_record_size});
}

void container_edit::changed_lease(const lease_change& what) {
  if (lease_)
    needs_new_file_ = true;
  lease_ = what;
}

std::optional<file_patch> container_edit::in_place() const {
  if (needs_new_file_ || !lease_)
    return std::nullopt;
  const auto& [place, first, length] = *lease_;
  const auto record = place < leases_in_head
                          ? leases_at + place * lease_record_size
                          : now_.extra_leases_at + count_size + (place - leases_in_head) * lease_record_size;
  const auto offset = record + first;
  if (offset / sector_size != (offset + length - 1) / sector_size)
    return std::nullopt; // power loss could leave one half of it
  return file_patch{offset, secret_block(to_bytes(now_.places[place].view().subspan(first, length)))};
}

bool container_edit::cancel_lease(const server_secret& cancel) {
  const auto wanted = stored(cancel);
  bool found = false;
  for (auto& place : now_.places) {
    if (is_free(place) || !(secret_at(place, cancel_at) == wanted))
      continue;
    // A free place is a lease of zeros, its secrets kept the way this version keeps them.
    place = make_record(0, 0, stored({}), stored({}), {});
    found = needs_new_file_ = true;
  }
  return found;
}

file_image container_edit::finish() const {
  auto out = image_;
  out.put(0, pack_head(now_));
  out.put(now_.extra_leases_at, pack_extra(now_));
  return out;
}

share_facts container_edit::facts() const {
  return {now_, image_.given(container_head_size, std::min(now_.data_length, remembered_beginning))};
}

} // namespace truckee::storage
