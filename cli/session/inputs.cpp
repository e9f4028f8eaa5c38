#include "truckee/cli/session/inputs.hpp"

#include "truckee/actors/gateway/file_gateway.hpp"
#include "truckee/base/content_limit.hpp"
#include "truckee/cli/files/content.hpp"
#include "truckee/crypto/rsa.hpp"

#include <unistd.h>

namespace truckee::cli {

void warn_of_readers(const std::string& file, std::string_view what) {
  if (is_open_to_others(file))
    tell("truckee: warning: " + escaped(file) + " holds " + std::string(what) +
         ", and others than its owner may read or change it; chmod 600 it\n");
}

result<secret_text> read_cap(const std::string& source) {
  auto out = read_cap_file(source);
  if (out && source != "-")
    warn_of_readers(source, "a capability");
  return out;
}

result<truckee::secret_text> read_private_key(const std::string& source) {
  const bool piped = source == "-";
  const auto name = piped ? std::string("standard input") : source;
  auto raw = piped ? read_small_stream(STDIN_FILENO, name, crypto::pem_bytes_max)
                   : read_small_file(source, crypto::pem_bytes_max);
  if (!raw)
    return fail(errc::usage, raw.error().code == errc::too_large
                                 ? "--private-key-file: " + name + " is longer than any private key"
                                 : "--private-key-file: " + raw.error().detail);
  const truckee::secret_text text(as_text(*raw));
  wipe(*raw);
  if (!piped)
    warn_of_readers(source, "a private key");
  if (const auto key = crypto::private_key::from_pem(text); !key)
    return fail(errc::usage, "--private-key-file " + name + ": " + key.error().detail);
  return text;
}

namespace {

void say_of_terminal(const std::string& file) {
  if (file == "-" && ::isatty(STDIN_FILENO) == 1)
    tell("truckee: reading from the terminal; Ctrl-D at the beginning of a line ends it\n");
}

} // namespace

result<lendable_content> open_publication(const std::string& file) {
  say_of_terminal(file);
  return open_lendable(file, content_in_memory);
}

result<shared_bytes> read_publication(const std::string& file) {
  say_of_terminal(file);
  return read_content(file, actors::gateway_limits{}.content_bytes_max);
}

result<void> keep_inputs(const operation_options& o, const global_options& global, const std::string& input,
                         const std::string& output) {
  const auto named = [](const std::string& file) { return file == "-" ? standard_input_file : file; };
  const auto& m = o.metrics;
  return inputs_kept({named(o.cap_file), named(o.private_key_file), named(input), global.grid_file, global.ca,
                      global.certificate, global.key, m.password_file, m.certificate, m.key, m.client_ca},
                     {output == "-" ? std::string() : output, global.log.file, standard_output_file});
}

} // namespace truckee::cli
