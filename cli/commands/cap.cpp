#include "truckee/cli/session/inputs.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/crypto/capability.hpp"
#include "truckee/crypto/rsa.hpp"
#include "truckee/status/json_text.hpp"

#include <nlohmann/json.hpp>

namespace truckee::cli {

namespace {

struct cap_options : operation_options {
  std::string format = "sdmf";
  bool read_only = false;
  bool verify = false;
};

/// The write capability that a private key gives.
result<crypto::capability> of_key(const cap_options& o) {
  const auto pem = read_private_key(o.private_key_file);
  if (!pem)
    return tl::unexpected(pem.error());
  const crypto::file_keys keys(crypto::private_key::from_pem(*pem).value());
  const auto format = o.format == "mdmf" ? crypto::file_format::mdmf : crypto::file_format::sdmf;
  return crypto::capability{crypto::write_cap{format, keys.write, keys.fingerprint}};
}

result<crypto::capability> of_file(const cap_options& o) {
  const auto text = read_cap(o.cap_file);
  if (!text)
    return tl::unexpected(text.error());
  auto parsed = crypto::parse_capability(text->view());
  if (!parsed)
    return tl::unexpected(to_error(parsed.error()));
  return std::move(*parsed);
}

int cap(const cap_options& o, const global_options& global) {
  if (auto kept = keep_inputs(o, global); !kept)
    return complain(kept.error());
  if (o.cap_file.empty() == o.private_key_file.empty())
    return complain({errc::usage, "give --cap-file, or --private-key-file for the capability of a key"});
  auto parsed = o.cap_file.empty() ? of_key(o) : of_file(o);
  if (!parsed)
    return complain(parsed.error());
  auto out = *parsed;
  if (o.read_only) {
    const auto weaker = crypto::to_read_cap(parsed->file);
    if (!weaker)
      return complain(
          {errc::insufficient_capability, "a read capability cannot be made from a verify capability"});
    out.file = *weaker;
  } else if (o.verify) {
    out.file = crypto::to_verify_cap(parsed->file);
  }
  if (global.json) {
    const nlohmann::json facts{
        {"cap", crypto::to_text(out)},
        {"strength", crypto::strength_of(out.file)},
        {"format", to_word(crypto::format_of(out.file))},
        {"directory", out.directory},
        {"storage_index", crypto::to_base32(crypto::storage_index_of(out.file).view())}};
    return give(status::json_text(facts));
  }
  return give(crypto::to_text(out) + "\n");
}

} // namespace

void add_cap(CLI::App& app, program& p) {
  auto o = std::make_shared<cap_options>();
  auto* cmd = app.add_subcommand(
      "cap",
      "truckee cap --cap-file report.cap --read-only > report.ro.cap\n"
      "truckee cap --private-key-file key.pem > report.cap\n\n"
      "Derives a weaker capability to give away. --read-only: it may read; --verify: it may only check\n"
      "shares. Without either, prints the capability in its canonical form. --private-key-file: the\n"
      "write capability that this key gives, and what is derived from it.");
  auto* file = cmd->add_option("--cap-file", o->cap_file, "File with the capability; '-': standard input")
                   ->type_name("FILE");
  add_private_key_file(*cmd, *o,
                       "File with the RSA private key (PEM, 2048 bits; '-': standard input) of a file");
  auto* key = cmd->get_option("--private-key-file")->excludes(file);
  cmd->add_option("--format", o->format, "Format of the file that has the private key")
      ->check(CLI::IsMember({"sdmf", "mdmf"}))
      ->needs(key);
  auto* read_only = cmd->add_flag("--read-only", o->read_only, "The capability to read");
  cmd->add_flag("--verify", o->verify, "The capability to check shares")->excludes(read_only);
  cmd->callback([&p, o] { p.run = [&p, o] { return cap(*o, p.options); }; });
}

} // namespace truckee::cli
